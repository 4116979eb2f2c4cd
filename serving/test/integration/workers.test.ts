import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { credentials, type Client } from '@grpc/grpc-js';
import { expect } from 'chai';
import { loadInferenceService } from '../../src/api/grpc/definition.js';
import { disagreement, readReplica } from '../../src/promotion/fleet.js';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { BusyClient } from '../support/busy-client.js';
import { eventually } from '../support/eventually.js';
import { readAnswer, type HttpAnswer } from '../support/http-request.js';
import { sampleOf, samplesIn } from '../support/metric-samples.js';
import { PACKAGES_TIMEOUT_MS, realPackages, type RealPackages } from '../support/model-packages.js';
import { rejection } from '../support/rejection.js';
import { isRunning, PROCESS_TIMEOUT_MS, ReplicaProcess } from '../support/replica-process.js';
import { problemIn } from '../support/tier-under-test.js';

const ROW = [40, 1, 0.25];
const BODY = JSON.stringify({ instances: [ROW] });
const ADMIN_TOKEN = 'an-admin-token-of-tests';

describe('a replica of several workers', function () {
  this.timeout(2 * PROCESS_TIMEOUT_MS);

  let packages: RealPackages;
  let registry: FakeRegistry;
  let replica: ReplicaProcess;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    packages = await realPackages();
  });

  beforeEach(() => {
    registry = new FakeRegistry();
    registry.promote(packages.tensorA);
  });

  afterEach(() => replica.dispose());

  async function started(env: Readonly<Record<string, string>> = {}): Promise<void> {
    replica = await ReplicaProcess.startReady(registry, { ADMIN_TOKEN, ...env });
  }

  function resize(body: unknown, token = ADMIN_TOKEN): Promise<HttpAnswer> {
    return replica.manage('/admin/workers', {
      method: 'PUT',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    });
  }

  /** Scores of the one row, by version. */
  async function scores(): Promise<Map<string, number>> {
    const answer = await replica.predict([ROW]);
    const { predictions, model_version: version } = answer.json as {
      predictions: [{ score: number }];
      model_version: string;
    };
    return new Map([[version, predictions[0].score]]);
  }

  it('answers on one port from two processes, and counts all that they answered', async () => {
    await started({ ACCESS_LOG_SAMPLE_RATE: '1' });
    for (let i = 0; i < 40; i += 1) expect((await replica.predict([ROW])).status).to.equal(200);
    const metrics = await replica.metrics();
    expect(sampleOf(metrics, 'serving_prediction_rows_total')).to.equal(40);
    expect(sampleOf(metrics, 'serving_prediction_duration_seconds_count')).to.equal(40);
    expect(sampleOf(metrics, 'serving_requests_total', { route: '/predict', code: 'ok' })).to.equal(40);
    expect(sampleOf(metrics, 'serving_workers')).to.equal(2);
    expect(sampleOf(metrics, 'serving_model_info')).to.equal(1);
    const names = samplesIn(metrics).map(({ name, labels }) => `${name}${JSON.stringify(labels)}`);
    expect(names, 'each series once').to.have.length(new Set(names).size);

    const { workers } = await replica.status();
    const pids = workers.map(({ pid }) => pid);
    expect(new Set([replica.pid, ...pids]).size).to.equal(3);
    await eventually(() => {
      const answered = replica.lines.filter(({ route }) => route === '/predict');
      expect(answered).to.have.length(40);
      for (const pid of pids) {
        expect(answered.filter((line) => line.pid === pid).length, 'in turn').to.be.within(10, 30);
      }
    });
    expect(replica.errors).to.deep.equal([]);
  });

  it('answers gRPC on one port from two processes', async () => {
    await started({ ACCESS_LOG_SAMPLE_RATE: '1' });
    const Service = loadInferenceService();
    const clients = Array.from(
      { length: 4 },
      (): Client =>
        new Service(`127.0.0.1:${replica.grpcPort}`, credentials.createInsecure(), {
          'grpc.use_local_subchannel_pool': 1,
        }),
    );
    const input = { name: 'features', datatype: 'FP32', shape: [1, 3], contents: { fp32_contents: ROW } };
    type Infer = (request: object, done: (error: Error | null, answer: unknown) => void) => void;
    for (const client of clients) {
      const answer = await new Promise((resolve, reject) => {
        (client as unknown as { ModelInfer: Infer }).ModelInfer(
          { model_name: 'small-tensor', inputs: [input] },
          (error, found) => {
            if (error === null) resolve(found);
            else reject(error);
          },
        );
      });
      expect(answer).to.include({ model_version: '1' });
    }
    for (const client of clients) client.close();
    await eventually(() => {
      const answered = replica.lines.filter(({ route }) => route === 'grpc/ModelInfer');
      expect(answered).to.have.length(4);
      expect(new Set(answered.map(({ pid }) => pid)).size).to.equal(2);
    });
  });

  it('swaps in every worker, and says so only then', async () => {
    await started();
    const second = registry.promote(packages.tensorB);
    const agent = new Agent({ keepAlive: true });
    const { status } = await replica.manage('/admin/reload', {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    expect(status).to.equal(202);
    await eventually(async () => {
      const { available, workers } = await replica.status();
      const versions = workers.map((worker) => worker.available?.version);
      if (available?.version === second) expect(versions).to.deep.equal([second, second]);
      expect(available?.version).to.equal(second);
    });
    const url = `http://127.0.0.1:${replica.managementPort}`;
    const wanted = {
      model: 'small-tensor',
      alias: 'champion',
      version: second,
      digest: packages.tensorB.digest,
    };
    expect(disagreement(await readReplica(url), wanted)).to.equal(undefined);
    for (let i = 0; i < 10; i += 1) {
      const answer = await replica.predict([ROW], { agent });
      expect(answer.headers['x-model-version']).to.equal(second);
    }
    agent.destroy();
  });

  it('does not say that it has swapped while one worker has not', async () => {
    await started();
    const [one] = (await replica.status()).workers;
    process.kill(one!.pid, 'SIGSTOP');
    try {
      const second = registry.promote(packages.tensorB);
      await replica.manage('/admin/reload', {
        method: 'POST',
        headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
      });
      await eventually(async () => {
        const { available, workers } = await replica.status();
        expect(workers.map((worker) => worker.available?.version)).to.have.members(['1', second]);
        expect(available?.version).to.equal('1');
      });
      process.kill(one!.pid, 'SIGCONT');
      await eventually(async () => {
        expect((await replica.status()).available?.version).to.equal(second);
      });
    } finally {
      process.kill(one!.pid, 'SIGCONT');
    }
  });

  it('replaces a worker that is killed under load: only what it had in flight fails', async () => {
    await started();
    const connections = 8;
    const client = new BusyClient(
      `http://127.0.0.1:${replica.port}/predict`,
      ROW,
      await scores(),
      connections,
    );
    client.start();
    try {
      await eventually(() => {
        expect(client.tally.answered).to.be.above(200);
      });
      const before = sampleOf(await replica.metrics(), 'serving_prediction_rows_total')!;
      const [victim, survivor] = (await replica.status()).workers;
      process.kill(victim!.pid, 'SIGKILL');
      const workers = await eventually(async () => {
        const { workers: now, ready } = await replica.status();
        expect(ready, 'ready in between, too').to.equal(true);
        expect(now.map(({ pid }) => pid)).not.to.include(victim!.pid);
        expect(now.filter((worker) => worker.ready && worker.serving)).to.have.length(2);
        return now;
      }, PROCESS_TIMEOUT_MS);
      expect(workers.map(({ pid }) => pid)).to.include(survivor!.pid);
      const answered = client.tally.answered;
      await eventually(() => {
        expect(client.tally.answered).to.be.above(answered + 200);
      });
      const metrics = await replica.metrics();
      expect(sampleOf(metrics, 'serving_worker_restarts_total', { reason: 'crashed' })).to.equal(1);
      expect(sampleOf(metrics, 'serving_prediction_rows_total')).to.be.above(before);
    } finally {
      await client.stop();
    }
    const { failures, answered } = client.tally;
    expect(failures.length, `${answered} answered`).to.be.at.most(connections);
    for (const failure of failures) expect(failure).to.match(/ECONNRESET|socket hang up/);
    expect(replica.errors.map(({ msg }) => msg)).to.deep.equal(['a worker is replaced']);
  });

  it('has more and fewer workers under load, as it is told, and fails no request', async () => {
    await started({ MAX_WORKERS: '3', MAX_CONNECTION_AGE_SECONDS: '0.5' });
    const url = `http://127.0.0.1:${replica.port}/predict`;
    const client = new BusyClient(url, ROW, await scores(), 8);
    const rowsBefore = sampleOf(await replica.metrics(), 'serving_prediction_rows_total')!;
    client.start();
    try {
      expect((await resize({ count: 3 })).status).to.equal(202);
      const [, , third] = await replica.allReady(3);
      const cpuOfThird = async () =>
        sampleOf(await replica.metrics(), 'serving_worker_cpu_seconds_total', { worker: String(third!.id) });
      const atFirst = await eventually(async () => {
        const seconds = await cpuOfThird();
        expect(seconds).to.be.above(0);
        return seconds!;
      });
      await eventually(async () => {
        // Clients that keep their connections reach it.
        expect(await cpuOfThird()).to.be.above(atFirst + 0.1);
      });
      expect(sampleOf(await replica.metrics(), 'serving_workers_wanted')).to.equal(3);

      expect((await resize({ count: 2 })).json).to.deep.equal({ workers_wanted: 2 });
      const left = await replica.allReady(2);
      expect(left.map(({ id }) => id)).not.to.include(third!.id);
      expect(await cpuOfThird(), 'no series of one that has ended').to.equal(undefined);
      expect((await replica.status()).workers_wanted).to.equal(2);
      const answered = client.tally.answered;
      await eventually(() => {
        expect(client.tally.answered).to.be.above(answered + 200);
      });
    } finally {
      await client.stop();
    }
    const { failures, answered } = client.tally;
    expect(failures, `${answered} answered`).to.deep.equal([]);
    const rows = sampleOf(await replica.metrics(), 'serving_prediction_rows_total')! - rowsBefore;
    expect(rows, 'nothing that was counted is lost').to.equal(answered);
    expect(replica.errors).to.deep.equal([]);
  });

  it('is resized by whoever has the admin token, within what is allowed', async () => {
    await started({ MAX_WORKERS: '3' });
    expect(problemIn(await resize({ count: 3 }, 'not-the-admin-token')).code).to.equal('UNAUTHORIZED');
    for (const body of [{ count: 4 }, { count: 0 }, { count: '3' }, {}, [3], { count: 3, force: true }]) {
      const problem = problemIn(await resize(body));
      expect(problem.code, JSON.stringify(body)).to.equal('INVALID_REQUEST');
      expect(JSON.stringify(problem.errors)).to.include('from 1 to 3 (MAX_WORKERS)');
    }
    expect((await replica.status()).workers_wanted).to.equal(2);
  });

  it('kills and replaces a worker that does not react', async () => {
    await started({ WORKER_HANG_TIMEOUT_SECONDS: '5' });
    const [victim] = (await replica.status()).workers;
    process.kill(victim!.pid, 'SIGSTOP');
    await eventually(() => replica.line('the worker does not react and is killed'));
    await replica.allReady(2);
    const metrics = await replica.metrics();
    expect(sampleOf(metrics, 'serving_worker_restarts_total', { reason: 'hung' })).to.equal(1);
  });

  it('has no worker left when the primary is killed', async () => {
    await started();
    const { workers } = await replica.status();
    replica.signal('SIGKILL');
    await eventually(() => {
      expect(workers.filter(({ pid }) => isRunning(pid))).to.deep.equal([]);
    });
    await rejection(replica.request('/health/live'), Error);
  });

  it('takes each webhook once, whichever worker would have seen it', async () => {
    // Verified in the primary: a replay is refused though no worker has seen the first delivery.
    const secret = 'a-webhook-secret-of-tests';
    const { deliveryHeaders } = await import('../support/webhook-delivery.js');
    await started({ MLFLOW_WEBHOOK_SECRET: secret });
    const second = registry.promote(packages.tensorB);
    const delivery = { method: 'POST', body: '{}', headers: deliveryHeaders({ secret, body: '{}' }) };
    expect((await replica.manage('/webhooks/mlflow', delivery)).status).to.equal(202);
    expect((await replica.manage('/webhooks/mlflow', delivery)).status).to.equal(409);
    await eventually(async () => {
      const { workers } = await replica.status();
      expect(workers.map(({ available }) => available?.version)).to.deep.equal([second, second]);
    });
  });

  describe('that is told to stop', () => {
    /** A request of which a worker has the first half. */
    async function halfSent(agent: Agent): Promise<ClientRequest> {
      const outgoing = request({
        port: replica.port,
        path: '/predict',
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': BODY.length },
        agent,
      });
      await new Promise((resolve) => outgoing.write(BODY.slice(0, 10), resolve));
      await eventually(async () => {
        // Each worker has seen it once each has answered a later one.
        for (let i = 0; i < 4; i += 1) await replica.request('/health/live');
      });
      return outgoing;
    }

    it('finishes under load what it has begun, fails no request, and ends with 0', async () => {
      // On a busy machine a client may need some time to be told.
      await started({ SHUTDOWN_DELAY_SECONDS: '5' });
      const agent = new Agent({ keepAlive: true });
      const expected = (await replica.predict([ROW])).json as { predictions: unknown };
      const failures: string[] = [];
      let answered = 0;
      /** As behind a load balancer: goes elsewhere once it is told that the connection closes. */
      const loop = async (): Promise<void> => {
        for (;;) {
          const answer = await replica.predict([ROW], { agent });
          if (answer.status !== 200) failures.push(answer.text);
          else expect((answer.json as typeof expected).predictions).to.deep.equal(expected.predictions);
          answered += 1;
          if (answer.headers.connection === 'close') return;
        }
      };
      const loops = Promise.all(Array.from({ length: 8 }, loop));
      const halves = [await halfSent(agent), await halfSent(agent)];
      const answers = halves.map((half) => once(half, 'response') as Promise<[IncomingMessage]>);
      await eventually(() => {
        expect(answered).to.be.above(100);
      });
      const { workers } = await replica.status();
      replica.signal('SIGTERM');
      await eventually(async () => {
        expect((await replica.manage('/health/ready')).status).to.equal(503);
      });
      expect((await replica.status()).ready).to.equal(false);
      await loops;
      // A connection that is accepted in the moment in which the last worker closes is in nobody's hands.
      await eventually(() => rejection(replica.request('/health/live', { timeoutMs: 1_000 }), Error));
      for (const half of halves) half.end(BODY.slice(10));
      for (const [response] of await Promise.all(answers)) {
        expect((await readAnswer(response)).status).to.equal(200);
      }
      expect(await replica.ended()).to.deep.equal([0, null]);
      expect(failures).to.deep.equal([]);
      expect(replica.errors).to.deep.equal([]);
      expect(workers.filter(({ pid }) => isRunning(pid))).to.deep.equal([]);
      agent.destroy();
    });

    it('does not wait for workers that have only begun to start, and ends with 0', async () => {
      // The others are started when the first one takes requests, and this is said.
      replica = await ReplicaProcess.start(registry, { WORKERS: '3', SHUTDOWN_TIMEOUT_SECONDS: '600' });
      replica.signal('SIGTERM');
      expect(await replica.ended()).to.deep.equal([0, null]);
      expect(replica.errors).to.deep.equal([]);
    });

    it('kills a worker that hangs when the time is over, and ends with 1', async () => {
      await started({ SHUTDOWN_TIMEOUT_SECONDS: '0.2' });
      const { workers } = await replica.status();
      process.kill(workers[0]!.pid, 'SIGSTOP');
      replica.signal('SIGTERM');
      expect(await replica.ended()).to.deep.equal([1, null]);
      expect(workers.filter(({ pid }) => isRunning(pid))).to.deep.equal([]);
    });

    it('replaces a worker that alone is told to', async () => {
      await started();
      const { workers } = await replica.status();
      process.kill(workers[0]!.pid, 'SIGTERM');
      await eventually(async () => {
        const pids = (await replica.status()).workers.map(({ pid }) => pid);
        expect(pids).not.to.include(workers[0]!.pid);
      });
      await replica.allReady(2);
      expect(replica.errors).to.deep.equal([]);
      const metrics = await replica.metrics();
      expect(sampleOf(metrics, 'serving_worker_restarts_total', { reason: 'ended' })).to.equal(1);
    });
  });
});
