import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { ConstantLoad } from '../../../../local/cluster/constant-load.js';
import { reportOf, type LoadPlan } from '../../../../local/cluster/load-report.js';
import { eventually } from '../../../support/eventually.js';

/** Of requests that are to be answered: whatever the machine does, none may be given up. */
const PATIENT_MS = 60_000;

type Handler = (request: IncomingMessage, response: ServerResponse, number: number) => void;

/** Answers as it is told, and knows what it was asked. */
class AskedServer {
  readonly #server: Server;
  asked = 0;
  connections = 0;

  private constructor(handler: Handler) {
    this.#server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      this.asked += 1;
      handler(request, response, this.asked);
    });
    this.#server.on('connection', () => {
      this.connections += 1;
    });
  }

  static async start(handler: Handler): Promise<AskedServer> {
    const started = new AskedServer(handler);
    await once(started.#server.listen(0, '127.0.0.1'), 'listening');
    return started;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/predict`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

describe('clients with a constant load', () => {
  let server: AskedServer;
  let load: ConstantLoad;

  const start = async (handler: Handler, plan: Partial<LoadPlan> = {}): Promise<void> => {
    server = await AskedServer.start(handler);
    load = await ConstantLoad.start({
      url: server.url,
      bodies: ['{"instances":[[1]]}'],
      connections: 4,
      ratePerSecond: 200,
      timeoutMs: PATIENT_MS,
      ...plan,
    });
  };
  const untilAsked = (times: number): Promise<void> =>
    eventually(() => {
      expect(server.asked).to.be.at.least(times);
    });

  afterEach(async () => {
    await load.stop();
    server.close();
  });

  it('ask as often as they are told to, over connections that they keep', async () => {
    await start((_request, response) => response.end());
    await untilAsked(60);
    const report = await load.stop();
    expect(report).to.deep.include({ requests: server.asked, failed: 0, connectionsOpened: 4 });
    expect(server.connections).to.equal(4);
    const due = load.records.map(({ at }) => at).sort((a, b) => a - b);
    for (const [i, at] of due.entries()) expect(at - due[0]!).to.be.closeTo(i * 5, 0.01);
  });

  it('send what they are given, in turn, to the host that they name', async () => {
    const seen: string[] = [];
    await start(
      (request, response) => {
        request.setEncoding('utf8').on('data', (body: string) => {
          seen.push(`${request.method!} ${request.url!} ${request.headers.host!} ${body}`);
        });
        request.on('end', () => response.end());
      },
      { bodies: ['first', 'second'], headers: { host: 'scoring.example' }, connections: 1 },
    );
    await untilAsked(3);
    await load.stop();
    const sent = (body: string): string => `POST /predict scoring.example ${body}`;
    expect(seen.slice(0, 3)).to.deep.equal([sent('first'), sent('second'), sent('first')]);
  });

  it('count what failed by what became of it, and why', async () => {
    await start((_request, response, number) => {
      switch (number % 4) {
        case 0:
          response.writeHead(503).end('no healthy upstream');
          break;
        case 1:
          response.socket!.resetAndDestroy();
          break;
        case 2:
          response.writeHead(200, { 'content-length': 10 }).write('half', () => {
            response.socket!.destroy();
          });
          break;
        default:
          response.end();
      }
    });
    await untilAsked(40);
    const report = await load.stop();
    expect(report.requests).to.equal(server.asked);
    const expected = { 0: 0, 1: 0, 2: 0, 3: 0 };
    for (let number = 1; number <= server.asked; number += 1) expected[(number % 4) as 0] += 1;
    expect(report.byStatus).to.deep.equal({
      200: expected[2] + expected[3],
      503: expected[0],
      none: expected[1],
    });
    expect(report.failed).to.equal(server.asked - expected[3]);
    const failures = (pattern: RegExp): number =>
      report.failures.filter(({ what }) => pattern.test(what)).length;
    expect(failures(/^status 503: no healthy upstream$/)).to.equal(expected[0]);
    expect(failures(/^no answer: (read ECONNRESET|socket hang up)/)).to.equal(expected[1]);
    expect(failures(/^half an answer: aborted/)).to.equal(expected[2]);
  });

  it('give up what is not answered in time, and what no connection was free for', async () => {
    const timeoutMs = 100;
    await start(
      () => {
        // Never answered.
      },
      { timeoutMs, connections: 4 },
    );
    await untilAsked(8);
    const report = await load.stop();
    expect(report.byStatus).to.deep.equal({ none: report.requests });
    expect(report.failed).to.equal(report.requests);
    const unanswered = 'no answer: nothing within 100 ms';
    const unsent = 'no answer: no connection was free within 100 ms';
    const whats = report.failures.map(({ what }) => what.replace(' on a connection that was kept', ''));
    expect(whats).to.include(unanswered);
    expect(whats.filter((what) => what !== unanswered && what !== unsent)).to.deep.equal([]);
  });

  it('notice that nobody listens', async () => {
    await start((_request, response) => response.end());
    await untilAsked(1);
    server.close();
    await eventually(() => {
      expect(reportOf(load.records).failures.map(({ what }) => what)).to.satisfy((whats: string[]) =>
        whats.some((what) => what.includes('ECONNREFUSED')),
      );
    });
  });

  it('count from when a request was due, not from when a busy connection had time for it', async () => {
    await start(
      (_request, response, number) => {
        if (number > 1) response.end();
        else setTimeout(() => response.end(), 300);
      },
      { connections: 1 },
    );
    await untilAsked(20);
    await load.stop();
    const [held, ...others] = load.records.toSorted((a, b) => a.at - b.at);
    // All by the sender's own clock, and however long it really was.
    const freeAt = held!.at + held!.ms;
    const dueMeanwhile = others.filter(({ at }) => at < freeAt);
    expect(dueMeanwhile).to.have.length.above(10);
    for (const { at, ms } of dueMeanwhile) expect(at + ms).to.be.at.least(freeAt);
  });

  it('pass over a connection that waits, while another is free', async () => {
    const waiting: ServerResponse[] = [];
    await start(
      (_request, response, number) => {
        if (number === 1) waiting.push(response);
        else response.end();
      },
      { connections: 2 },
    );
    await eventually(() => {
      expect(load.records).to.have.length.above(20);
    });
    waiting[0]!.end();
    expect(await load.stop()).to.include({ requests: server.asked, failed: 0, connectionsOpened: 2 });
    const due = load.records.map(({ at }) => at).sort((a, b) => a - b);
    for (const [i, at] of due.entries()) expect(at - due[0]!).to.be.closeTo(i * 5, 0.01);
  });

  it('wait for what is under way when they are stopped', async () => {
    const held: ServerResponse[] = [];
    await start((_request, response) => void held.push(response), { connections: 3 });
    await untilAsked(3);
    const stopped = load.stop();
    // Those that wait for a connection are sent as each is free.
    const releasing = setInterval(() => {
      for (const response of held.splice(0)) response.end();
    }, 5);
    const report = await stopped;
    clearInterval(releasing);
    expect(report).to.include({ requests: server.asked, failed: 0 });
  });

  it('note which version answered, and by which track', async () => {
    await start((_request, response, number) => {
      const version = number % 2 === 0 ? '2' : '1';
      response.setHeader('x-model-version', version);
      response.setHeader('x-model-digest', `digest-${version}`);
      response.setHeader('x-track', number % 2 === 0 ? 'canary' : 'stable');
      response.end();
    });
    await untilAsked(10);
    const report = await load.stop();
    const even = Math.floor(server.asked / 2);
    const odd = server.asked - even;
    expect(report.byVersion).to.deep.equal({ 1: odd, 2: even });
    expect(report.byDigest).to.deep.equal({ 'digest-1': odd, 'digest-2': even });
    expect(report.byTrack).to.deep.equal({ stable: odd, canary: even });
  });

  it('say so when their process is gone', async () => {
    await start((_request, response) => response.end());
    await untilAsked(1);
    process.kill(load.pid, 'SIGKILL');
    const error = await load.stop().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(String(error)).to.include('ended in the middle');
    load = await ConstantLoad.start({
      url: server.url,
      bodies: [''],
      connections: 1,
      ratePerSecond: 1,
      timeoutMs: 100,
    });
  });
});

describe('a report of requests', () => {
  const records = [
    { at: 2_000, ms: 20, status: 200, version: '2' },
    { at: 1_000, ms: 10, status: 200, version: '1' },
    { at: 3_000, ms: 5_000, failure: 'no answer: nothing within 5000 ms' },
    { at: 4_000, ms: 30, status: 503, failure: 'status 503: ', version: 'none' },
  ];

  it('has failures in their order, and latencies of what was answered', () => {
    expect(reportOf(records)).to.deep.equal({
      requests: 4,
      failed: 2,
      failures: [
        { at: 3_000, what: 'no answer: nothing within 5000 ms' },
        { at: 4_000, what: 'status 503: ' },
      ],
      seconds: 3,
      p50Ms: 15,
      p99Ms: 19.9,
      maxMs: 20,
      byStatus: { 200: 2, 503: 1, none: 1 },
      byVersion: { 1: 1, 2: 1 },
      byDigest: {},
      byTrack: {},
    });
  });

  it('can be of a part of the time', () => {
    const { requests, failed, byVersion } = reportOf(records, { fromAt: 2_000, toAt: 4_000 });
    expect({ requests, failed, byVersion }).to.deep.equal({ requests: 2, failed: 1, byVersion: { 2: 1 } });
  });
});
