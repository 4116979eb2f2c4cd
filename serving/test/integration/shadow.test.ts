import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { TRAFFIC_POLICY_TAG, writeTrafficPolicy } from '../../src/registry/traffic-tags.js';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { HeldRuns } from '../fakes/held-runs.js';
import { eventually } from '../support/eventually.js';
import { expectGolden } from '../support/golden-answers.js';
import { GrpcCaller } from '../support/grpc-call.js';
import { sampleOf, samplesIn } from '../support/metric-samples.js';
import { PACKAGES_TIMEOUT_MS, realPackages, type RealPackages } from '../support/model-packages.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { TierUnderTest, type Predictions } from '../support/tier-under-test.js';

const MODEL = 'small-tensor';
const ROW = [40, 1, 0.25];
const MAX_QUEUE_MS = '1.5';
/** That many requests are admitted while no row has been computed: each counts with the work around the graph alone. */
const ADMITTED = 50;

/** Asks once, from a thread of its own, and says in shared memory when it has the whole answer. */
const CLIENT = `
  const { workerData } = require('node:worker_threads');
  const { port, body, memory } = workerData;
  const headers = { 'content-type': 'application/json' };
  const request = require('node:http').request({ port, path: '/predict', method: 'POST', headers }, (answer) => {
    answer.resume().on('end', () => {
      const state = new Int32Array(memory);
      Atomics.store(state, 0, answer.statusCode);
      Atomics.notify(state, 0);
    });
  });
  request.end(body);
`;

describe('a tier with a shadow', () => {
  let packages: RealPackages;
  let registry: FakeRegistry;
  let runs: HeldRuns | undefined;
  let running: TierUnderTest;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    packages = await realPackages();
  });

  afterEach(async () => {
    runs?.restore();
    runs = undefined;
    await running.stop();
  });

  /** Has a hand on the calls of one package's graph. */
  function hold(of: 'tensorA' | 'tensorB'): HeldRuns {
    const [, hex] = packages[of].digest.split(':');
    runs = new HeldRuns((path) => path.includes(hex!));
    return runs;
  }

  /** `tensorA` answers as version 1, `tensorB` is version 2 and sees all of it. */
  async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    registry = new FakeRegistry();
    registry.promote(packages.tensorA);
    const version = registry.register(packages.tensorB);
    const policy = writeTrafficPolicy({ shadow: { version, percent: 100 } });
    registry.modelTagsOf(MODEL).set(TRAFFIC_POLICY_TAG, policy);
    running = await TierUnderTest.startReady(registry, env);
    await eventually(async () => {
      const available = sampleOf(await running.metrics(), 'serving_role_available', { role: 'shadow' });
      expect(available).to.equal(1);
    });
  }

  async function count(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    return sampleOf(await running.metrics(), `serving_shadow_${name}`, labels) ?? 0;
  }

  async function shadowed(rows: number): Promise<void> {
    await eventually(async () => {
      expect(await count('rows_total')).to.equal(rows);
    });
  }

  it('answers as the champion does, and counts what the shadow would have answered', async () => {
    const predictionLog = temporaryDirectory();
    await start({ PREDICTION_LOG_DIR: predictionLog });
    const { golden } = packages.tensorA.manifest;
    const answer = await running.predict(golden.rows);
    expectGolden((answer.json as Predictions).predictions, packages.tensorA.manifest);
    expect(answer.headers['x-model-version']).to.equal('1');
    await shadowed(golden.rows.length);

    const pair = { model: MODEL, model_version: '2', champion_version: '1' };
    const answers = [golden.outputs, packages.tensorB.manifest.golden.outputs].map(({ score, label }) => ({
      scores: score as number[],
      labels: label as number[],
    }));
    const [ours, theirs] = answers as [(typeof answers)[number], (typeof answers)[number]];
    const flipped = (to: number): number =>
      theirs.labels.filter((label, row) => label === to && ours.labels[row] !== to).length;
    expect(flipped(0) + flipped(1), 'the packages decide some rows otherwise').to.be.above(0);
    expect(await count('label_flips_total', { ...pair, to: 'positive' })).to.equal(flipped(1));
    expect(await count('label_flips_total', { ...pair, to: 'negative' })).to.equal(flipped(0));
    expect(await count('score_difference_count', pair)).to.equal(golden.rows.length);
    const sum = theirs.scores.reduce((total, score, row) => total + score - ours.scores[row]!, 0);
    expect(await count('score_difference_sum', pair)).to.be.closeTo(sum, 1e-4);
    const version = { model: MODEL, model_version: '2' };
    expect(await count('duration_seconds_count', version)).to.equal(1);
    expect(await count('champion_duration_seconds_count', version)).to.equal(1);

    // Nobody was answered by it.
    const text = await running.metrics();
    const answering = samplesIn(text).filter(({ name }) => name.startsWith('serving_prediction_'));
    expect(answering.filter(({ labels }) => labels['model_version'] === '2')).to.deep.equal([]);
    expect(sampleOf(text, 'serving_prediction_score_count', { alias: 'champion' })).to.equal(
      golden.rows.length,
    );
    expect(sampleOf(text, 'serving_drift_window_rows', { alias: 'champion' })).to.equal(golden.rows.length);
    await eventually(async () => {
      const written = sampleOf(await running.metrics(), 'serving_prediction_log_rows_total', {
        result: 'written',
      });
      expect(written).to.equal(golden.rows.length);
    });
    expect(readdirSync(predictionLog)).to.not.deep.equal([]);
    expect(running.log.errors).to.deep.equal([]);
  });

  it('has written the answer before the shadow begins, which may hold up the event loop', async () => {
    const held = hold('tensorB');
    const state = new Int32Array(new SharedArrayBuffer(4));
    let seen: string | undefined;
    await start();
    held.instead = () => {
      // As a graph does that computes on this thread. Nothing can be written meanwhile.
      seen ??= Atomics.wait(state, 0, 0, 30_000);
      throw new Error('the shadow can not compute it');
    };
    const client = new Worker(CLIENT, {
      eval: true,
      workerData: { port: running.port, body: JSON.stringify({ instances: [ROW] }), memory: state.buffer },
    });
    await once(client, 'exit');
    await eventually(() => {
      expect(seen, 'what ended the wait of the shadow').to.be.oneOf(['ok', 'not-equal']);
    });
    expect(state[0]).to.equal(200);
    await eventually(async () => {
      expect(await count('failures_total', { code: 'PREDICTION_FAILED' })).to.equal(1);
    });
    const told = running.log.lines.filter(
      ({ msg }) => msg === 'the shadow could not compute what the champion has answered',
    );
    expect(told).to.have.lengthOf(1);
    expect(told[0]).to.include({
      version: '2',
      code: 'PREDICTION_FAILED',
      cause: 'the shadow can not compute it',
    });
  });

  it('answers on while a shadow takes for ever, over every protocol', async () => {
    const held = hold('tensorB');
    await start();
    held.ran.length = 0;
    held.hold();
    for (let i = 0; i < 3; i += 1) expect((await running.predict([ROW])).status).to.equal(200);
    expect((await running.post('/invocations', { instances: [ROW] })).status).to.equal(200);
    const inputs = [{ name: 'features', datatype: 'FP32', shape: [1, 3], data: ROW }];
    expect((await running.post(`/v2/models/${MODEL}/infer`, { inputs })).status).to.equal(200);
    const caller = new GrpcCaller(running.tier.grpcPort);
    const contents = { fp32_contents: ROW };
    expect(
      (await caller.call('ModelInfer', { inputs: [{ ...inputs[0], data: undefined, contents }] })).status,
    ).to.equal(0);
    caller.close();
    await eventually(() => {
      expect(held.ran, 'one call at a time').to.have.lengthOf(1);
    });
    expect(await count('rows_total')).to.equal(0);
    held.release();
    await shadowed(6);
  });

  it('drops what waits for a shadow that is taken away, and retires it after the call that is under way', async () => {
    const held = hold('tensorB');
    await start({ ADMIN_TOKEN: 'an-admin-token-of-tests' });
    held.ran.length = 0;
    held.hold();
    await running.predict([ROW]);
    await eventually(() => {
      expect(held.ran).to.have.lengthOf(1);
    });
    await running.predict([ROW, ROW]);
    registry.modelTagsOf(MODEL).delete(TRAFFIC_POLICY_TAG);
    await running.manage('/admin/reload', {
      method: 'POST',
      headers: { authorization: 'Bearer an-admin-token-of-tests' },
    });
    await eventually(async () => {
      expect(sampleOf(await running.metrics(), 'serving_role_available', { role: 'shadow' })).to.not.equal(1);
    });
    held.release();
    await eventually(async () => {
      expect([
        await count('rows_total'),
        await count('dropped_rows_total', { reason: 'busy' }),
      ]).to.deep.equal([1, 2]);
    });
    expect(held.ran).to.have.lengthOf(1);
    expect((await running.predict([ROW])).status).to.equal(200);
  });

  for (const [what, withShadow] of [
    ['with a shadow, which gets nothing', true],
    ['without one', false],
  ] as const) {
    it(`answers as many of three times what fits into its queue ${what}`, async () => {
      const held = hold('tensorA');
      await start({ MAX_QUEUE_MS });
      if (!withShadow) {
        registry.modelTagsOf(MODEL).delete(TRAFFIC_POLICY_TAG);
        await running.stop();
        running = await TierUnderTest.startReady(registry, { MAX_QUEUE_MS });
      }
      held.ran.length = 0;
      held.hold();
      const first = running.predict([ROW]);
      await eventually(() => {
        expect(held.ran).to.have.lengthOf(1);
      });
      const others = Array.from({ length: 3 * ADMITTED }, () => running.predict([ROW]));
      await eventually(async () => {
        const refused = sampleOf(await running.metrics(), 'serving_requests_total', {
          route: '/predict',
          status: '503',
        });
        expect(refused).to.equal(3 * ADMITTED - (ADMITTED - 1));
      });
      held.release();
      const answered = (await Promise.all([first, ...others])).filter(({ status }) => status === 200);
      expect(answered).to.have.lengthOf(ADMITTED);
      const metrics = await running.metrics();
      expect(sampleOf(metrics, 'serving_prediction_rows_total', { alias: 'champion' })).to.equal(ADMITTED);
      expect(await count('rows_total')).to.equal(0);
      expect(await count('dropped_rows_total', { reason: 'busy' })).to.equal(withShadow ? ADMITTED : 0);
    });
  }
});
