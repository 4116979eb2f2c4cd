import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { expect } from 'chai';
import { Registry } from 'prom-client';
import type { ConnectionLimits } from '../../../src/api/connection-settings.js';
import { earlyRefusals } from '../../../src/api/early-refusal.js';
import { listen, type RunningServer } from '../../../src/api/http-server.js';
import type { Problem } from '../../../src/api/problem.js';
import { readBody } from '../../../src/api/request-body.js';
import type { RequestError, RequestErrorCode } from '../../../src/errors.js';
import { RequestMetrics } from '../../../src/metrics/requests.js';
import { eventually } from '../../support/eventually.js';
import { sampleOf } from '../../support/metric-samples.js';
import { RawConnection, type RawAnswer } from '../../support/raw-connection.js';

const CHAMPION = { modelName: 'm', version: '7', digest: 'd7' };
const LIMITS: ConnectionLimits = {
  // Far more than passes between an open connection and its first bytes, unless the machine stalls.
  headersTimeoutMs: 500,
  requestTimeoutMs: 1_000,
  stalledMs: 5_000,
  maxHeaderBytes: 4_096,
  maxHeaders: 20,
  maxConnections: 1_000,
  maxAgeMs: 300_000,
};

describe('a guarded connection', () => {
  let server: RunningServer | undefined;
  let metrics: Registry;
  let dropped: number;
  const connections: RawConnection[] = [];

  afterEach(async () => {
    for (const connection of connections.splice(0)) connection.close();
    await server?.close(0);
    server = undefined;
  });

  async function start(
    handler: RequestListener,
    limits: Partial<ConnectionLimits> = {},
  ): Promise<RunningServer> {
    metrics = new Registry();
    dropped = 0;
    server = await listen(handler, '127.0.0.1', 0, {
      limits: { ...LIMITS, ...limits },
      refuse: earlyRefusals(() => CHAMPION, new RequestMetrics(metrics)),
      onDrop: () => (dropped += 1),
    });
    return server;
  }

  async function open(): Promise<RawConnection> {
    const connection = await RawConnection.open(server!.port);
    connections.push(connection);
    return connection;
  }

  function expectRefusal(answer: RawAnswer | undefined, status: number, code: RequestErrorCode): void {
    expect(answer?.status).to.equal(status);
    expect(answer!.headers).to.include({
      'content-type': 'application/problem+json',
      'x-model-version': '7',
      'x-model-digest': 'd7',
      connection: 'close',
    });
    const problem = JSON.parse(answer!.body) as Problem;
    expect(problem).to.include({ status, code, request_id: answer!.headers['x-request-id'] });
  }

  async function refusals(code: RequestErrorCode): Promise<number | undefined> {
    return sampleOf(await metrics.metrics(), 'serving_requests_total', { route: 'none', code });
  }

  const hello: RequestListener = (_request, response) => {
    response.setHeader('content-length', 5).end('hello');
  };

  /** Answers as the inference lane does: reads the body, then answers or says what was wrong with it. */
  const echo = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const body = await readBody(request, 1_000);
      response.setHeader('content-length', body.length).end(body);
    } catch (error) {
      const { status, code } = error as RequestError;
      response.writeHead(status, { 'content-length': code.length }).end(code);
    }
  };
  const echoing: RequestListener = (request, response) => void echo(request, response);

  const GET = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';

  it('answers headers that never end with 408, and ends the connection', async () => {
    await start(hello);
    const slow = await open();
    slow.write('GET / HTTP/1.1\r\nhost: a\r\nx-slow: ');
    await slow.ended();
    expectRefusal(slow.answers[0], 408, 'REQUEST_TIMEOUT');
    expect(await refusals('REQUEST_TIMEOUT')).to.equal(1);
  });

  it('does so however steadily they trickle', async () => {
    await start(hello);
    const slow = await open();
    slow.write('GET / HTTP/1.1\r\nhost: a\r\nx-slow: ');
    const trickle = setInterval(() => {
      slow.write('a');
    }, 10);
    await slow.ended();
    clearInterval(trickle);
    expectRefusal(slow.answers[0], 408, 'REQUEST_TIMEOUT');
  });

  it('ends a connection on which nothing was ever asked, without a word', async () => {
    await start(hello);
    const silent = await open();
    await silent.ended();
    expect(silent.text).to.equal('');
    expect(await refusals('REQUEST_TIMEOUT')).to.equal(undefined);
  });

  it('ends a connection whose second request never ends', async () => {
    await start(hello);
    const slow = await open();
    slow.write(GET);
    await eventually(() => {
      expect(slow.answers).to.have.length(1);
    });
    slow.write('GET / HT');
    await slow.ended();
    expect(slow.answers[0]).to.include({ status: 200, body: 'hello' });
    expectRefusal(slow.answers[1], 408, 'REQUEST_TIMEOUT');
  });

  it('lets whoever reads the body answer when it trickles', async () => {
    await start(echoing);
    const slow = await open();
    slow.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n');
    const trickle = setInterval(() => {
      slow.write('a');
    }, 10);
    await slow.ended();
    clearInterval(trickle);
    expect(slow.answers.map(({ status, body }) => [status, body])).to.deep.equal([[408, 'REQUEST_TIMEOUT']]);
    expect(await refusals('REQUEST_TIMEOUT'), 'it is counted where it is answered').to.equal(undefined);
  });

  it('answers a body that ends too soon while its client still listens', async () => {
    await start(echoing);
    const short = await open();
    short.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\nabc');
    short.socket.end();
    await short.ended();
    expect(short.answers.map(({ status, body }) => [status, body])).to.deep.equal([[400, 'INVALID_REQUEST']]);
  });

  it('answers and counts once what goes on being broken, behind an answer that takes its time', async () => {
    let answer: (() => void) | undefined;
    await start((_request, response) => {
      answer = () => {
        response.setHeader('content-length', 5).end('hello');
      };
    });
    const connection = await open();
    connection.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await eventually(() => {
      expect(answer).not.to.equal(undefined);
    });
    for (let i = 0; i < 3; i += 1) {
      const arrived = connection.socket.bytesWritten;
      connection.write('no http at all\r\n\r\n');
      await eventually(() => {
        expect(connection.socket.bytesWritten).to.be.above(arrived);
      });
      // A turn of the event loop for this side of the connection, and one for the other.
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
    answer!();
    await connection.ended();
    expect(connection.answers.map(({ status }) => status)).to.deep.equal([200, 400]);
    expect(await refusals('MALFORMED_HTTP')).to.equal(1);
  });

  it('ends a connection whose body goes on after it was answered, without another answer', async () => {
    await start(hello);
    const slow = await open();
    slow.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\nabc');
    await slow.ended();
    expect(slow.answers.map(({ status }) => status)).to.deep.equal([200]);
  });

  for (const garbage of [
    'hello there\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'GET / HTTP/1.1\r\nhost: a\r\nbad header\r\n\r\n',
    'GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello',
    'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\nhello',
    'GET / HTTP/1.1\r\n\r\n',
  ]) {
    it(`answers ${JSON.stringify(garbage)} with 400`, async () => {
      await start(hello);
      const connection = await open();
      connection.write(Buffer.from(garbage, 'latin1'));
      await connection.ended();
      expectRefusal(connection.answers[0], 400, 'MALFORMED_HTTP');
      expect(connection.answers).to.have.length(1);
      expect(await refusals('MALFORMED_HTTP')).to.equal(1);
    });
  }

  it('takes HTTP/1.0 without a host, as probes send it', async () => {
    await start(hello);
    const old = await open();
    old.write('GET / HTTP/1.0\r\n\r\n');
    await old.ended();
    expect(old.answers[0]).to.include({ status: 200 });
  });

  it('answers headers of too many bytes with 431', async () => {
    await start(hello);
    const large = await open();
    large.write(`GET / HTTP/1.1\r\nhost: a\r\nx-large: ${'a'.repeat(200_000)}\r\n\r\n`);
    await large.ended();
    expectRefusal(large.answers[0], 431, 'HEADERS_TOO_LARGE');
  });

  it('answers too many headers with 431, and takes as many as allowed', async () => {
    await start(hello);
    const many = await open();
    many.write(`GET / HTTP/1.1\r\nhost: a\r\n${'a: b\r\n'.repeat(19)}\r\n`);
    await eventually(() => {
      expect(many.answers[0]?.status).to.equal(200);
    });
    many.write(`GET / HTTP/1.1\r\nhost: a\r\n${'a: b\r\n'.repeat(20)}\r\n`);
    await many.ended();
    expectRefusal(many.answers[1], 431, 'HEADERS_TOO_LARGE');
  });

  it('answers 10,000 headers with 431', async () => {
    await start(hello, { maxHeaderBytes: 1024 ** 2 });
    const many = await open();
    many.write(`GET / HTTP/1.1\r\nhost: a\r\n${'a: b\r\n'.repeat(10_000)}\r\n`);
    await many.ended();
    expectRefusal(many.answers[0], 431, 'HEADERS_TOO_LARGE');
  });

  it('finishes the answers in flight before it says what is wrong with what came after', async () => {
    const waiting: ServerResponse[] = [];
    await start((_request, response) => waiting.push(response));
    const pipelined = await open();
    pipelined.write(`${GET}${GET}garbage\r\n\r\n`);
    await eventually(() => {
      expect(waiting).to.have.length(2);
    });
    for (const response of waiting.reverse()) response.setHeader('content-length', 2).end('ok');
    await pipelined.ended();
    expect(pipelined.answers.map(({ status }) => status)).to.deep.equal([200, 200, 400]);
    expectRefusal(pipelined.answers[2], 400, 'MALFORMED_HTTP');
  });

  it('never answers one request in the place of another', async () => {
    const waiting: ServerResponse[] = [];
    await start((request, response) => {
      if (request.method === 'GET') waiting.push(response);
      else echoing(request, response);
    });
    const pipelined = await open();
    pipelined.write(`${GET}POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc`);
    await pipelined.ended();
    expect(waiting).to.have.length(1);
    expect(pipelined.text, 'the first has no answer, so the second can have none').to.equal('');
  });

  it('is no proxy', async () => {
    await start(hello);
    const client = await open();
    client.write('CONNECT example.com:443 HTTP/1.1\r\nhost: example.com:443\r\n\r\n');
    await client.ended();
    expectRefusal(client.answers[0], 405, 'METHOD_NOT_ALLOWED');
  });

  it('may be gone before it is told that this is no proxy', async () => {
    await start(hello);
    for (let i = 0; i < 100; i += 1) {
      const gone = await open();
      gone.write('CONNECT example.com:443 HTTP/1.1\r\nhost: example.com:443\r\n\r\n');
      gone.socket.resetAndDestroy();
    }
    const client = await open();
    client.write('CONNECT example.com:443 HTTP/1.1\r\nhost: example.com:443\r\n\r\n');
    await client.ended();
    expectRefusal(client.answers[0], 405, 'METHOD_NOT_ALLOWED');
  });

  it('answers a request whatever else it expects', async () => {
    await start(hello);
    const client = await open();
    client.write('GET / HTTP/1.1\r\nhost: a\r\nexpect: miracles\r\n\r\n');
    await eventually(() => {
      expect(client.answers[0]?.status).to.equal(200);
    });
  });

  it('cuts a client that asks and does not read', async () => {
    const size = 32 * 1024 ** 2;
    let over = false;
    await start(
      (_request, response) => {
        response.once('close', () => (over = true));
        response.end(Buffer.alloc(size));
      },
      { stalledMs: 200 },
    );
    const deaf = await open();
    deaf.socket.pause();
    deaf.write(GET);
    await eventually(() => {
      expect(over).to.equal(true);
    });
    deaf.socket.resume();
    await deaf.ended();
    expect(deaf.text.length, 'what the network held').to.be.below(size);
  });

  it('closes connections beyond the limit unanswered, and takes new ones as others leave', async () => {
    await start(hello, { maxConnections: 2, headersTimeoutMs: 60_000, requestTimeoutMs: 60_000 });
    const [first] = [await open(), await open()];
    const third = await open();
    await third.ended();
    expect([third.text, dropped]).to.deep.equal(['', 1]);
    first.close();
    await eventually(async () => {
      const next = await open();
      next.write(GET);
      await eventually(() => {
        expect(next.answers.length > 0 || next.socket.readableEnded || next.socket.destroyed).to.equal(true);
      });
      expect(next.answers[0]?.status).to.equal(200);
    });
  });

  describe('of 200 that trickle', () => {
    async function trickling(limitMs: number): Promise<RawConnection[]> {
      await start(hello, { headersTimeoutMs: limitMs, requestTimeoutMs: limitMs });
      return Promise.all(
        Array.from({ length: 200 }, async () => {
          const connection = await open();
          connection.write('POST / HTTP/1.1\r\nhost: a\r\nx-slow: ');
          return connection;
        }),
      );
    }

    it('keeps no other from being answered', async () => {
      const slow = await trickling(600_000);
      for (let i = 0; i < 50; i += 1) {
        for (const connection of slow) connection.write('x');
        const client = await open();
        client.write(GET);
        await eventually(() => {
          expect(client.answers[0]?.status).to.equal(200);
        });
        client.close();
      }
      expect(
        slow.every(({ text }) => text === ''),
        'they still hang',
      ).to.equal(true);
    });

    it('ends with 408 like any other', async () => {
      const slow = await trickling(2_000);
      const trickle = setInterval(() => {
        for (const connection of slow) connection.write('x');
      }, 100);
      await Promise.all(slow.map((connection) => connection.ended()));
      clearInterval(trickle);
      expect(slow.map(({ answers }) => answers[0]?.status)).to.deep.equal(Array(200).fill(408));
    });
  });
});
