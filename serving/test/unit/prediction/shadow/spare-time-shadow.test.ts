import { expect } from 'chai';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { ShadowMetrics } from '../../../../src/metrics/shadow.js';
import type { Manifest } from '../../../../src/model-package/manifest.js';
import type { TimedOutputRows } from '../../../../src/prediction/micro-batcher.js';
import type { InferenceRequest } from '../../../../src/prediction/prediction-service.js';
import type { ShadowFailed } from '../../../../src/prediction/shadow/shadow-group.js';
import { SpareTimeShadow } from '../../../../src/prediction/shadow/spare-time-shadow.js';
import { FakeScorer, SCORED_MANIFEST, scoreColumns } from '../../../fakes/fake-scorer.js';
import { manifestWith } from '../../../support/manifests.js';
import { sampleOf } from '../../../support/metric-samples.js';

const MAX_QUEUE_MS = 100;
/** More than a quarter of it. */
const BUSY_MS = 26;

describe('SpareTimeShadow', () => {
  let registry: Registry;
  let queue: { queuedMs: number; peakMs: number };
  let nowMs: number;
  let pauses: number[];
  let failed: string[];
  /** Pauses last until it is called, once `isPausing` is set. */
  let goOn: () => void;
  let isPausing: boolean;
  let champion: FakeScorer;
  let shadow: FakeScorer;
  let runner: SpareTimeShadow;

  beforeEach(() => {
    registry = new Registry();
    queue = { queuedMs: 0, peakMs: 0 };
    nowMs = 0;
    pauses = [];
    failed = [];
    isPausing = false;
    champion = new FakeScorer('1');
    shadow = new FakeScorer('2');
    shadow.computing = (rows) => {
      nowMs += rows;
    };
    runner = newRunner();
  });

  function newRunner(): SpareTimeShadow {
    const told: ShadowFailed = ({ version }, requestId, code) => {
      failed.push(`${version} ${requestId} ${code}`);
    };
    return new SpareTimeShadow(queue, MAX_QUEUE_MS, new ShadowMetrics(registry), told, {
      now: () => nowMs,
      pause: (ms) => {
        pauses.push(ms);
        return isPausing ? new Promise<void>((resolve) => (goOn = resolve)) : Promise.resolve();
      },
    });
  }

  function requestOf(instances: readonly unknown[]): InferenceRequest {
    return {
      rows: instances.length,
      encode: (encoder, batch) => {
        encoder.encodeInto(batch, instances);
      },
    };
  }

  /** What the champion would have answered, with the rows of somebody else before and behind them. */
  function answered(scores: readonly number[], graphMs = 4): TimedOutputRows {
    return { columns: scoreColumns([9, ...scores, 9]), from: 1, to: scores.length + 1, graphMs };
  }

  function offer(
    values: readonly unknown[],
    {
      outputs = answered(values.map(Number)),
      request = requestOf(values.map((value) => [value])),
      by = champion,
      to = shadow,
      isBulk = false,
    }: {
      outputs?: TimedOutputRows;
      request?: InferenceRequest;
      by?: FakeScorer;
      to?: FakeScorer;
      isBulk?: boolean;
    } = {},
  ): void {
    runner.offer({
      shadow: to.asServable,
      champion: by.asServable,
      alias: 'champion',
      order: { requestId: 'r-1', client: 'a', deadline: Infinity },
      request: isBulk ? undefined : request,
      outputs,
    });
  }

  /** Turns of the event loop, more than anything here takes. */
  async function settled(turns = 200): Promise<void> {
    for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  async function count(
    name: string,
    labels: Readonly<Record<string, string>> = {},
  ): Promise<number | undefined> {
    return sampleOf(await registry.metrics(), `serving_shadow_${name}`, labels);
  }

  async function dropped(): Promise<Record<string, number | undefined>> {
    const of = (reason: string): Promise<number | undefined> => count('dropped_rows_total', { reason });
    return { busy: await of('busy'), large: await of('large'), no_score: await of('no_score') };
  }

  const NOTHING_DROPPED = { busy: 0, large: 0, no_score: 0 };

  /** What a row costs is known from then on: the first call is of one row. */
  async function learnCost(milliseconds: number): Promise<void> {
    shadow.computing = (rows) => {
      nowMs += rows * milliseconds;
    };
    offer([0]);
    await settled();
    shadow.calls.length = 0;
    pauses.length = 0;
  }

  it('computes what the champion has answered, and counts how scores, decisions and times differ', async () => {
    shadow.shift = 0.3;
    offer([0.1, 0.25, 0.6], { outputs: answered([0.1, 0.25, 0.6], 7) });
    await settled();
    expect(shadow.calls.flat()).to.deep.equal([0.1, 0.25, 0.6]);
    const pair = { model: 'toy', model_version: '2', champion_version: '1' };
    expect(await count('rows_total', pair)).to.equal(3);
    expect(await count('score_difference_bucket', { ...pair, le: '0.2' })).to.equal(0);
    expect(await count('score_difference_bucket', { ...pair, le: '0.5' })).to.equal(3);
    expect(await count('score_difference_sum', pair)).to.be.closeTo(0.9, 1e-6);
    expect(await count('label_flips_total', { ...pair, to: 'positive' })).to.equal(1);
    expect(await count('label_flips_total', { ...pair, to: 'negative' })).to.equal(0);
    const version = { model: 'toy', model_version: '2' };
    expect(await count('duration_seconds_count', version)).to.equal(1);
    expect(await count('duration_seconds_sum', version)).to.be.closeTo(0.003, 1e-9);
    expect(await count('champion_duration_seconds_sum', version)).to.be.closeTo(0.007, 1e-9);
    expect(await dropped()).to.deep.equal(NOTHING_DROPPED);
    expect(await count('failures_total', { code: 'PREDICTION_FAILED' })).to.equal(0);
  });

  it('signs a difference, and holds decisions against each other by the threshold of each', async () => {
    const strict = new FakeScorer('2', {
      ...SCORED_MANIFEST,
      decision: { threshold: 0.9, positive_class: 1 },
    });
    strict.shift = -0.05;
    offer([0.6, 0.2], { to: strict });
    await settled();
    expect(await count('score_difference_bucket', { le: '-0.1' })).to.equal(0);
    expect(await count('score_difference_bucket', { le: '-0.02' })).to.equal(2);
    expect(await count('label_flips_total', { to: 'negative' })).to.equal(1);
  });

  it('looks at nothing before the turn is over, but copies the champion’s answer before it may change', async () => {
    const outputs = answered([0.5]);
    let encoded = 0;
    const plain = requestOf([[0.5]]);
    const request = {
      rows: 1,
      encode: (...of: Parameters<InferenceRequest['encode']>) => {
        encoded += 1;
        plain.encode(...of);
      },
    };
    offer([0.5], { outputs, request });
    (outputs.columns[0]!.data as Float32Array).fill(0);
    await Promise.resolve();
    expect(encoded).to.equal(0);
    await settled();
    expect([encoded, await count('score_difference_sum')]).to.deep.equal([1, 0]);
  });

  it('computes the requests of one turn in one call, and those of another turn in another', async () => {
    await learnCost(0.1);
    offer([1]);
    offer([2, 3]);
    await new Promise((resolve) => setImmediate(resolve));
    offer([4]);
    await settled();
    expect(shadow.calls).to.deep.equal([[1, 2, 3], [4]]);
  });

  it('lays rows out as the shadow wants them, and counts what its signature refuses', async () => {
    const other = new FakeScorer(
      '3',
      manifestWith([
        { name: 'y', type: 'float64', nullable: false, range: { max: 5 } },
        { name: 'x', type: 'float64', nullable: false },
      ]),
    );
    offer([1], { request: requestOf([{ x: 1, y: 4 }]), to: other });
    offer([1], { request: requestOf([{ x: 1, y: 6 }]), to: other });
    offer([1], { request: requestOf([{ x: 1 }]), to: other });
    await settled();
    expect(other.calls.flat()).to.deep.equal([4]);
    expect(await count('failures_total', { model_version: '3', code: 'SIGNATURE_MISMATCH' })).to.equal(2);
    expect(await count('rows_total', { model_version: '3' })).to.equal(1);
    expect(failed).to.deep.equal(['3 r-1 SIGNATURE_MISMATCH', '3 r-1 SIGNATURE_MISMATCH']);
  });

  it('blames the request whose rows the graph can not compute, and no other of its call', async () => {
    await learnCost(0.1);
    shadow.poison = 3;
    offer([1]);
    offer([2, 3]);
    offer([4]);
    offer([5]);
    await settled();
    expect(await count('failures_total', { code: 'PREDICTION_FAILED' })).to.equal(1);
    expect(failed).to.deep.equal(['2 r-1 PREDICTION_FAILED']);
    expect(await count('rows_total')).to.equal(1 + 3);
    expect(shadow.calls).to.deep.equal([[1, 2, 3, 4, 5], [1], [2, 3], [4], [5]]);
    expect(shadow.held).to.equal(0);
  });

  it('takes one row first, and then no more than ten milliseconds have room for', async () => {
    shadow.computing = (rows) => {
      nowMs += 4 * rows;
    };
    offer([1, 2, 3, 4, 5, 6]);
    await settled();
    expect(shadow.calls).to.deep.equal([[1], [2, 3], [4, 5], [6]]);
    expect(await count('rows_total')).to.equal(6);
    expect(await count('duration_seconds_sum')).to.be.closeTo(0.024, 1e-9);
  });

  it('pauses three times as long as it has computed, and saves up what timers can not measure', async () => {
    // This call is the first of four that take a millisecond together.
    await learnCost(0.25);
    for (let i = 0; i < 2; i += 1) {
      offer([1]);
      await settled(20);
    }
    expect(pauses).to.deep.equal([]);
    offer([1]);
    await settled();
    expect(pauses).to.deep.equal([3]);
    offer(Array.from({ length: 40 }, () => 2));
    await settled();
    expect(pauses).to.deep.equal([3, 30]);
  });

  it('computes nothing in a pause', async () => {
    await learnCost(1);
    isPausing = true;
    offer([1]);
    await settled();
    offer([2]);
    await settled();
    expect(shadow.calls).to.deep.equal([[1]]);
    goOn();
    await settled();
    expect(shadow.calls).to.deep.equal([[1], [2]]);
  });

  describe('while live requests queue up', () => {
    it('takes nothing of a crowd, also when all of it is answered at once and nothing waits any more', async () => {
      queue.peakMs = BUSY_MS;
      offer([1, 2]);
      await settled();
      expect(shadow.calls).to.deep.equal([]);
      expect(await dropped()).to.deep.equal({ ...NOTHING_DROPPED, busy: 2 });
      queue.peakMs = 0;
      offer([3]);
      await settled();
      expect(shadow.calls).to.deep.equal([[3]]);
    });

    it('drops what was offered already', async () => {
      offer([1, 2]);
      queue.peakMs = BUSY_MS;
      await settled();
      expect(shadow.calls).to.deep.equal([]);
      expect(await dropped()).to.deep.equal({ ...NOTHING_DROPPED, busy: 2 });
    });

    it('drops what waits for its turn', async () => {
      await learnCost(1);
      isPausing = true;
      offer([1]);
      await settled();
      offer([2, 3]);
      await settled();
      queue.queuedMs = BUSY_MS;
      goOn();
      await settled();
      expect(shadow.calls).to.deep.equal([[1]]);
      expect(await dropped()).to.deep.equal({ ...NOTHING_DROPPED, busy: 2 });
    });

    it('lets a little wait: some requests at once are no overload', async () => {
      queue.peakMs = BUSY_MS - 1;
      queue.queuedMs = BUSY_MS - 1;
      offer([1]);
      await settled();
      expect(shadow.calls).to.deep.equal([[1]]);
    });
  });

  it('holds a bounded number of rows, and takes again when there is room', async () => {
    await learnCost(0.01);
    let open!: () => void;
    shadow.gate = new Promise((resolve) => (open = resolve));
    const rows = Array.from({ length: 256 }, () => 1);
    for (let i = 0; i < 6; i += 1) {
      offer(rows);
      await settled(10);
    }
    expect(await dropped()).to.deep.equal({ ...NOTHING_DROPPED, busy: 2 * 256 });
    open();
    await settled();
    expect(await count('rows_total')).to.equal(1 + 4 * 256);
    offer(rows);
    await settled();
    expect(await count('rows_total')).to.equal(1 + 5 * 256);
    // As many in one turn are as many.
    for (let i = 0; i < 6; i += 1) offer(rows);
    await settled();
    expect(await count('rows_total')).to.equal(1 + 9 * 256);
  });

  it('holds a bounded number of bytes, long texts of few rows included', async () => {
    const texts = new FakeScorer('3', manifestWith([{ name: 'x', type: 'string', nullable: false }]));
    const long = { request: requestOf([['1'.repeat(1024 ** 2)]]), to: texts };
    let open!: () => void;
    texts.gate = new Promise((resolve) => (open = resolve));
    for (let i = 0; i < 6; i += 1) {
      offer([1], long);
      await settled(10);
    }
    expect(await count('dropped_rows_total', { model_version: '3', reason: 'busy' })).to.equal(2);
    open();
    await settled();
    offer([1], long);
    await settled();
    expect(await count('rows_total', { model_version: '3' })).to.equal(5);
  });

  it('leaves large requests alone, and those whose rows were encoded elsewhere', async () => {
    offer(Array.from({ length: 257 }, () => 1));
    offer([1, 2], { isBulk: true });
    await settled();
    expect(shadow.calls).to.deep.equal([]);
    expect(await dropped()).to.deep.equal({ ...NOTHING_DROPPED, large: 259 });
  });

  const generic: Manifest = { ...SCORED_MANIFEST, task: 'generic' };
  for (const [what, of] of Object.entries({
    'a champion without scores': () => ({ by: new FakeScorer('1', generic) }),
    'a shadow without scores': () => ({ to: new FakeScorer('2', generic) }),
    'a champion that says no number': () => ({ outputs: answered([NaN]) }),
    'a shadow that says no number': () => {
      shadow.shift = NaN;
      return {};
    },
  })) {
    it(`compares times and failures alone of ${what}`, async () => {
      offer([1], of());
      await settled();
      expect(await dropped()).to.deep.equal({ ...NOTHING_DROPPED, no_score: 1 });
      expect(await count('rows_total')).to.equal(1);
      expect(await count('duration_seconds_count')).to.equal(1);
      expect(await count('score_difference_count')).to.equal(0);
    });
  }

  it('borrows the shadow for a call only, and drops what waits for one that is retired', async () => {
    await learnCost(0.1);
    let open!: () => void;
    shadow.gate = new Promise((resolve) => (open = resolve));
    offer([1]);
    await settled(10);
    offer([2, 3]);
    await settled(10);
    expect(shadow.held).to.equal(1);
    shadow.state = 'quiescing';
    open();
    await settled();
    expect([shadow.held, shadow.calls]).to.deep.equal([0, [[1]]]);
    expect(await count('rows_total')).to.equal(2);
    expect(await dropped()).to.deep.equal({ ...NOTHING_DROPPED, busy: 2 });
  });

  it('keeps the series of the versions seen last, so that a year of rollouts does not stay in memory', async () => {
    for (let version = 2; version <= 14; version += 1) {
      const each = new FakeScorer(String(version));
      each.shift = 1;
      offer([0], { to: each });
      offer([NaN], { to: each, request: requestOf([[0, 0]]) });
      await settled(20);
      // Only what was looked at is there to be dropped.
      await registry.metrics();
    }
    const text = await registry.metrics();
    for (const name of ['rows_total', 'score_difference_count', 'duration_seconds_count']) {
      expect(sampleOf(text, `serving_shadow_${name}`, { model_version: '4' }), name).to.equal(undefined);
      expect(sampleOf(text, `serving_shadow_${name}`, { model_version: '5' }), name).to.equal(1);
    }
    const versions = new Set(text.match(/model_version="\d+"/g));
    expect(versions).to.have.lengthOf(10);
  });

  it('counts every request once, whatever fails and in whichever pieces it is computed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.constantFrom(1, 2, 3, 4), { minLength: 1, maxLength: 9 }), {
          minLength: 1,
          maxLength: 8,
        }),
        fc.constantFrom(0.1, 1, 2.5, 4, 20),
        async (requests, msPerRow) => {
          registry = new Registry();
          shadow = new FakeScorer('2');
          shadow.poison = 4;
          shadow.shift = 0.5;
          shadow.computing = (rows) => {
            nowMs += msPerRow * rows;
          };
          runner = newRunner();
          for (const [i, values] of requests.entries()) {
            offer(values);
            if (i % 3 === 2) await settled(2);
          }
          await settled(400);
          const whole = requests.filter((values) => !values.includes(4));
          const rows = whole.flat().length;
          expect(await count('failures_total', { code: 'PREDICTION_FAILED' })).to.equal(
            requests.length - whole.length,
          );
          expect(await count('rows_total')).to.equal(rows);
          expect(await count('score_difference_sum')).to.be.closeTo(rows * 0.5, 1e-4);
          expect(await count('duration_seconds_count')).to.equal(whole.length);
          expect(shadow.held).to.equal(0);
        },
      ),
      { numRuns: 50 },
    );
  });
});
