import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { generate, startLoad } from '../../../bench/load/generator/generate.js';
import { NO_ANSWER, type Plan, type Stream } from '../../../bench/load/generator/plan.js';

const STALL_MS = 400;

describe('the load generator', () => {
  let server: Server;

  async function listen(listener: RequestListener): Promise<number> {
    server = createServer(listener);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  }

  function plan(port: number, stream: Partial<Stream>): Plan {
    const pace = { kind: 'open', ratePerSecond: 100, arrivals: 'even' } as const;
    return {
      port,
      durationMs: 1_000,
      drainMs: 30_000,
      seed: 1,
      streams: [{ name: 'requests', method: 'GET', path: '/', pace, ...stream }],
    };
  }

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('counts from when a request was due: a server that stalls is seen by all that were due meanwhile', async () => {
    let stalled = false;
    const port = await listen((_, response) => {
      if (!stalled) {
        stalled = true;
        const end = performance.now() + STALL_MS;
        while (performance.now() < end);
      }
      response.end();
    });
    const { streams } = await generate(plan(port, {}));
    const { latencyMs, status } = streams[0]!;
    expect(latencyMs).to.have.length(99);
    expect([...status].every((code) => code === 200)).to.equal(true);
    // One request in ten milliseconds was due during the stall; a closed loop would have seen one slow answer.
    expect(latencyMs.filter((ms) => ms > STALL_MS / 4).length).to.be.at.least(25);
  });

  it('gives up what is not answered in time, and says so', async () => {
    let asked = 0;
    const port = await listen((request, response) => {
      asked += 1;
      if (asked === 1) request.socket.destroy();
      else if (asked > 2) response.end();
    });
    const { streams } = await generate({ ...plan(port, {}), durationMs: 200, drainMs: 3_000 });
    const { status, latencyMs } = streams[0]!;
    expect([...status].filter((code) => code === NO_ANSWER)).to.have.length(2);
    expect(Math.max(...latencyMs)).to.be.at.least(2_500);
  });

  it('asks from other addresses and sends bodies in turn', async () => {
    const addresses = new Set<string | undefined>();
    const bodies: string[] = [];
    const port = await listen((request, response) => {
      addresses.add(request.socket.remoteAddress);
      request.on('data', (chunk: Buffer) => bodies.push(chunk.toString()));
      request.on('end', () => response.end());
    });
    const { streams } = await generate(
      plan(port, {
        method: 'POST',
        from: '127.0.0.7',
        bodies: ['a', Buffer.from('b')],
        pace: { kind: 'closed', connections: 1 },
      }),
    );
    expect([...addresses]).to.deep.equal(['127.0.0.7']);
    expect(bodies.slice(0, 4)).to.deep.equal(['a', 'b', 'a', 'b']);
    expect(streams[0]!.status.length).to.equal(bodies.length);
  });

  it('ends early when told to', async () => {
    const port = await listen((_, response) => response.end());
    const load = startLoad({ ...plan(port, {}), durationMs: Infinity });
    await once(server, 'request');
    load.stop();
    const { streams, startedAtMs } = await load.finished;
    expect(streams[0]!.dueMs.length).to.be.at.least(1);
    expect(startedAtMs).to.be.within(Date.now() - 30_000, Date.now());
  });
});
