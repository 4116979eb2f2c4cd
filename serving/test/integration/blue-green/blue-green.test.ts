import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Colour, TrafficSplit } from '../../../local/blue-green/traffic-split.js';
import { FakeRegistry } from '../../fakes/fake-registry.js';
import { eventually } from '../../support/eventually.js';
import { freePorts } from '../../support/free-ports.js';
import { httpRequest, type HttpAnswer, type HttpRequestOptions } from '../../support/http-request.js';
import { KeepAliveLoad } from '../../support/keep-alive-load.js';
import { sampleOf } from '../../support/metric-samples.js';
import { PACKAGES_TIMEOUT_MS, realPackages, type RealPackages } from '../../support/model-packages.js';
import { NginxUnderTest, whyNoNginx } from '../../support/nginx-under-test.js';
import { PROCESS_TIMEOUT_MS, ReplicaProcess } from '../../support/replica-process.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

/** Processes of the tier and nginx itself, as `make blue-green` starts them. */
describe('blue and green behind nginx', function () {
  this.timeout(PACKAGES_TIMEOUT_MS + 4 * PROCESS_TIMEOUT_MS);

  let packages: RealPackages;
  let registry: FakeRegistry;
  let row: readonly unknown[];
  let blue: ReplicaProcess;
  let green: ReplicaProcess;
  /** Instead of green, where green is to fail. */
  let spare: ReplicaProcess;
  let withoutModel: ReplicaProcess;
  let spareEnvironment: Readonly<Record<string, string>>;
  const started: ReplicaProcess[] = [];
  const fakes: Server[] = [];
  let nginx: NginxUnderTest;

  before(async function () {
    if (whyNoNginx() !== undefined) return this.skip();
    packages = await realPackages();
    row = packages.tensorA.manifest.golden.rows[0]!;
    registry = new FakeRegistry();
    registry.promote(packages.tensorA);
    const ARTIFACT_CACHE_DIR = temporaryDirectory();
    const [port] = await freePorts(1);
    spareEnvironment = { ARTIFACT_CACHE_DIR, PORT: String(port) };
    [blue, green, spare, withoutModel] = await Promise.all([
      replica({ ARTIFACT_CACHE_DIR, RELEASE: '1.0.0' }),
      replica({ ARTIFACT_CACHE_DIR, RELEASE: '1.0.1' }),
      replica(spareEnvironment),
      replica({ MODEL_NAME: 'never-registered' }),
    ]);
  });

  afterEach(async () => {
    await nginx.stop();
    for (const fake of fakes.splice(0)) fake.close().closeAllConnections();
  });

  after(async () => {
    await Promise.all(started.map((replica_) => replica_.dispose()));
  });

  async function replica(env: Readonly<Record<string, string>>): Promise<ReplicaProcess> {
    const begun = await ReplicaProcess.start(registry, { WORKERS: '1', LOG_LEVEL: 'info', ...env });
    started.push(begun);
    if (env['MODEL_NAME'] === undefined) await begun.allReady(1);
    return begun;
  }

  /** nginx in front of blue and of green, or of another port in the place of green. */
  async function front(
    split: TrafficSplit,
    greenPort = green.port,
    given: Parameters<typeof NginxUnderTest.start>[2] = {},
  ): Promise<void> {
    nginx = await NginxUnderTest.start({ blue: blue.port, green: greenPort }, split, given);
  }

  function ask(path: string, options: Partial<HttpRequestOptions> = {}): Promise<HttpAnswer> {
    return httpRequest({ port: nginx.port, path, ...options });
  }

  function predict(headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> {
    return ask('/predict', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ instances: [row] }),
    });
  }

  async function fake(listener: Parameters<typeof createServer>[1]): Promise<number> {
    const server = createServer(listener);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    fakes.push(server);
    return (server.address() as AddressInfo).port;
  }

  /** How often that colour was tried, whoever answered in the end. */
  function triesOf(colour: number): number {
    return nginx.exchanges.filter(({ tried }) => tried.split(/[, :]+/).includes(String(colour))).length;
  }

  it('answers predictions and says who is healthy', async () => {
    await front({ blue: 9, green: 1 });
    const answer = await predict();
    expect(answer.status).to.equal(200);
    expect(answer.headers['x-model-version']).to.equal('1');
    expect(answer.headers['x-serving-colour']).to.be.oneOf(['blue', 'green']);
    for (const path of ['/health', '/health/ready'])
      expect((await ask(path)).json, path).to.deep.equal({ status: 'ready' });
    expect((await ask('/health/live')).json).to.deep.equal({ status: 'live' });
    expect((await ask('/health', { headers: { 'x-track': 'green' } })).headers['x-serving-colour']).to.equal(
      'green',
    );
    expect((await ask('/nothing')).json).to.include({ code: 'NOT_FOUND' });
  });

  /**
   * Were each request's colour drawn by lot, one tenth of 10,000 would have a standard deviation of 30, and 117 more
   * or less than 1,000 would be seen once in 10,000 runs: whoever splits by 9:1 may expect no worse. nginx draws
   * nothing: its smooth weighted round robin gives exactly one of each ten requests in a row to green. That is so for
   * all workers together, since they count in shared memory (`zone`); each counting for itself, it would be one more
   * or less a worker. Requests are counted when they are given to a colour, and nothing fails here, so that no count
   * is off by what is tried again.
   */
  it('splits 10,000 requests 9:1', async () => {
    await front({ blue: 9, green: 1 });
    const { byColour, failures } = await KeepAliveLoad.run(nginx.port, row, 10_000);
    expect(failures).to.deep.equal([]);
    const greens = byColour.get('green') ?? 0;
    expect(greens, 'what chance would keep to').to.be.within(1_000 - 117, 1_000 + 117);
    expect(greens, 'what one count for all workers keeps to').to.be.within(999, 1_001);
    expect(byColour.get('blue')).to.equal(10_000 - greens);
  });

  it('loses no request of clients that keep their connections, however often the split changes', async () => {
    await front({ blue: 1, green: 0 });
    const load = KeepAliveLoad.start(nginx.port, row, 32);
    const splits: TrafficSplit[] = [
      { blue: 9, green: 1 },
      { blue: 0, green: 1 },
      { blue: 1, green: 0 },
    ];
    for (const split of splits) {
      await nginx.front.change(split);
      expect(await nginx.front.split()).to.deep.equal(split);
      const before = load.answered;
      await eventually(() => {
        expect(load.answered).to.be.above(before + 100);
      });
    }
    const { byColour, failures } = await load.stop();
    expect(failures).to.deep.equal([]);
    expect(byColour.get('blue')).to.be.above(100);
    expect(byColour.get('green')).to.be.above(100);
    expect([...byColour.keys()]).to.have.members(['blue', 'green']);
  });

  it('has all requests that begin after a switch answered by the other colour', async () => {
    await front({ blue: 1, green: 0 });
    expect((await predict()).headers['x-serving-colour']).to.equal('blue');
    await nginx.front.change({ blue: 0, green: 1 });
    const { byColour } = await KeepAliveLoad.run(nginx.port, row, 500);
    expect(Object.fromEntries(byColour)).to.deep.equal({ green: 500 });
  });

  it('keeps the split that is in force when nginx would not take the next one', async () => {
    await front({ blue: 9, green: 1 });
    let refusal: unknown;
    await nginx.front.change({ blue: 1.5, green: 1 }).catch((error: unknown) => (refusal = error));
    expect(String(refusal)).to.include('nginx would not take this configuration').and.include('weight=1.5');
    expect(await nginx.front.split()).to.deep.equal({ blue: 9, green: 1 });
    expect((await predict()).status).to.equal(200);
  });

  it('lets testers choose a colour, which answers for itself', async () => {
    const port = await fake((_request, response) => response.writeHead(503).end('sick'));
    await front({ blue: 1, green: 0 }, port);
    expect((await predict({ 'x-track': 'blue' })).headers['x-serving-colour']).to.equal('blue');
    const answer = await predict({ 'x-track': 'green' });
    expect([answer.status, answer.text, answer.headers['x-serving-colour']]).to.deep.equal([
      503,
      'sick',
      'green',
    ]);
  });

  it('hands on the request id, or one of its own where there is none that can be', async () => {
    const seen: unknown[] = [];
    const port = await fake((request, response) => {
      seen.push(request.headers['x-request-id']);
      response.writeHead(503).end();
    });
    await front({ blue: 0, green: 1 }, port);
    const given = await predict({ 'x-request-id': 'applicant-17' });
    expect([seen.at(-1), given.headers['x-request-id']]).to.deep.equal(['applicant-17', 'applicant-17']);
    // No more often than it takes to be left out.
    for (const unusable of ['a b', 'x'.repeat(129)]) {
      const answer = await predict({ 'x-request-id': unusable });
      expect(answer.headers['x-request-id'], 'blue has the id that green had').to.equal(seen.at(-1));
      expect(seen.at(-1)).to.match(/^[0-9a-f]{32}$/);
    }
  });

  describe('when green is sick', () => {
    const cases: Record<string, () => number | Promise<number>> = {
      'has nobody listening': async () => (await freePorts(1))[0]!,
      'answers 503': () =>
        fake((request, response) => request.resume().on('end', () => response.writeHead(503).end())),
      'answers 500': () =>
        fake((request, response) => request.resume().on('end', () => response.writeHead(500).end())),
      'cuts connections': () => fake((request) => request.socket.destroy()),
      'has no model': () => withoutModel.port,
    };
    for (const [name, begin] of Object.entries(cases)) {
      it(`and ${name}, no client sees it, and it is hardly asked`, async () => {
        const port = await begin();
        await front({ blue: 1, green: 1 }, port);
        const { byColour, failures } = await KeepAliveLoad.run(nginx.port, row, 1_000);
        expect(failures).to.deep.equal([]);
        expect(Object.fromEntries(byColour)).to.deep.equal({ blue: 1_000 });
        // Three failures, those that are under way with them, and one trial in five seconds.
        expect(triesOf(port)).to.be.within(3, 40);
      });
    }

    it('and answers every request of a switch with 503, the former colour answers', async () => {
      const port = await fake((request, response) =>
        request.resume().on('end', () => response.writeHead(503).end()),
      );
      await front({ blue: 0, green: 1 }, port);
      const { byColour, failures } = await KeepAliveLoad.run(nginx.port, row, 500);
      expect(failures).to.deep.equal([]);
      expect(Object.fromEntries(byColour)).to.deep.equal({ blue: 500 });
      expect(triesOf(port)).to.be.within(3, 40);
    });

    it('and hangs, its requests are answered by blue, late, and then it is left alone', async () => {
      await front({ blue: 1, green: 1 }, spare.port, { readTimeoutMs: 4_000 });
      const load = KeepAliveLoad.start(nginx.port, row, 8);
      await eventually(() => {
        expect(load.tally.byColour.get('green')).to.be.above(10);
      });
      spare.signal('SIGSTOP');
      const before = load.answered;
      await eventually(() => {
        expect(load.answered).to.be.above(before + 1_000);
      }, PROCESS_TIMEOUT_MS);
      spare.signal('SIGCONT');
      const { failures } = await load.stop();
      expect(failures).to.deep.equal([]);
    });

    it('and is killed under load, no client sees it; started again, it answers again', async () => {
      await front({ blue: 1, green: 1 }, spare.port);
      const load = KeepAliveLoad.start(nginx.port, row);
      await eventually(() => {
        expect(load.tally.byColour.get('green')).to.be.above(50);
      });
      spare.signal('SIGKILL');
      await spare.ended();
      const afterKill = load.tally.byColour.get('green')!;
      const answered = load.answered;
      await eventually(() => {
        expect(load.answered).to.be.above(answered + 200);
      });
      expect(load.tally.byColour.get('green')).to.be.at.most(afterKill + 16);
      await replica(spareEnvironment);
      await eventually(() => {
        expect(load.tally.byColour.get('green')).to.be.above(afterKill + 100);
      }, PROCESS_TIMEOUT_MS);
      expect((await load.stop()).failures).to.deep.equal([]);
    });
  });

  it('refuses nobody for longer than both colours do', async () => {
    let sick = true;
    const port = await fake((request, response) =>
      request.resume().on('end', () => response.writeHead(sick ? 503 : 200).end('{}')),
    );
    nginx = await NginxUnderTest.start({ blue: port, green: port }, { blue: 9, green: 1 });
    const refused = await KeepAliveLoad.run(nginx.port, row, 50, 4);
    expect(refused.failures, 'what the tier says').to.deep.equal(Array(50).fill(refused.failures[0]));
    expect(refused.failures[0]).to.match(/^503 of (blue|green)/);
    sick = false;
    expect((await KeepAliveLoad.run(nginx.port, row, 50, 4)).failures).to.deep.equal([]);
  });

  it('says in the words of the tier what nginx itself has to refuse', async () => {
    const [nobody, either] = (await freePorts(2)) as [number, number];
    nginx = await NginxUnderTest.start(
      { blue: nobody, green: either },
      { blue: 1, green: 1 },
      { maxBodyBytes: 1_000 },
    );
    const unanswered = await predict();
    expect(unanswered.status).to.equal(503);
    expect(unanswered.headers).to.include({
      'content-type': 'application/problem+json',
      'x-serving-colour': 'none',
      'retry-after': '1',
    });
    expect(unanswered.json).to.include({
      code: 'MODEL_NOT_READY',
      request_id: unanswered.headers['x-request-id'],
    });
    const large = await ask('/predict', { method: 'POST', body: 'x'.repeat(1_001) });
    expect(large.status).to.equal(413);
    expect(large.json).to.include({ code: 'BODY_TOO_LARGE', status: 413 });
  });

  it('knows each colour by its release', async () => {
    await front({ blue: 1, green: 1 });
    const releases: Record<Colour, string> = { blue: '1.0.0', green: '1.0.1' };
    for (const [colour, replica_] of Object.entries({ blue, green })) {
      const release = releases[colour as Colour];
      expect(
        sampleOf(await replica_.metrics(), 'serving_build_info', { release, node: process.version }),
      ).to.equal(1);
    }
  });
});
