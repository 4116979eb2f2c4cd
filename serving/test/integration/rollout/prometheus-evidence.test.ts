import { expect } from 'chai';
import type { Standing } from '../../../src/rollout/decide.js';
import type { Observed } from '../../../src/rollout/evidence.js';
import { readPlan } from '../../../src/rollout/plan.js';
import { PrometheusClient } from '../../../src/prometheus/prometheus-client.js';
import { gatherEvidence, type Window } from '../../../src/rollout/prometheus-evidence.js';
import { canHaveHistory, prometheusWithHistory, ScrapedSeries } from '../../support/prometheus-history.js';
import type { PrometheusUnderTest } from '../../support/prometheus-under-test.js';

const MINUTE = 60;
/** Some hours ago, where no replica of today is. */
const BEGAN = Math.floor(Date.now() / 7_200_000) * 7_200 - 2 * 7_200;
const at = (minutes: number): number => BEGAN + minutes * MINUTE;
const date = (minutes: number): Date => new Date(at(minutes) * 1_000);
const during = (from: number, to: number): readonly [number, number] => [at(from), at(to)];

const REPLICAS = ['a:8082', 'b:8082'];
const plan = readPlan('baking: {min_minutes: 10, baseline_minutes: 10}');

interface Answers {
  readonly model: string;
  readonly version: string;
  readonly alias: string;
  /** By each of the two replicas. */
  readonly answers: number;
  readonly slow?: number;
  readonly failures?: number;
  readonly score?: number;
}

/** Writes what two replicas expose of one version. */
function answered(series: ScrapedSeries, [from, to]: readonly [number, number], said: Answers): void {
  const { model, version, alias, answers, slow = 0, failures = 0, score } = said;
  for (const instance of REPLICAS) {
    const labels = { instance, model, model_version: version, alias };
    const fast = answers - slow;
    const durations = { '0.01': fast / 2, '0.05': fast, '1.0': answers };
    series.addHistogram('serving_prediction_duration_seconds', labels, [from, to], durations, answers / 50);
    const code = 'PREDICTION_FAILED';
    series.add('serving_prediction_failures_total', { ...labels, code }, [from, 0], [to, failures]);
    if (score !== undefined) {
      const upTo = (bound: number): number => (score <= bound ? answers : 0);
      const buckets = { '0.25': upTo(0.25), '0.5': upTo(0.5), '0.75': upTo(0.75), '1.0': answers };
      series.addHistogram('serving_prediction_score', labels, [from, to], buckets, answers * score);
    }
  }
}

/** Writes what two replicas expose of a version that answers nobody. */
function shadowed(
  series: ScrapedSeries,
  [from, to]: readonly [number, number],
  said: { model: string; version: string; champion: string; requests: number; slow: number; failures: number },
): void {
  const { model, version, champion, requests, slow, failures } = said;
  for (const instance of REPLICAS) {
    const labels = { instance, model, model_version: version };
    const times = (late: number) => ({ '0.05': requests - late, '1.0': requests });
    series.addHistogram('serving_shadow_duration_seconds', labels, [from, to], times(slow), 1);
    series.addHistogram('serving_shadow_champion_duration_seconds', labels, [from, to], times(0), 1);
    series.add('serving_shadow_failures_total', { ...labels, code: 'PREDICTION_FAILED' }, [from, 0], [to, failures]);
    const pair = { ...labels, champion_version: champion };
    // Nine of ten differ by less than a hundredth, the others by a tenth to a fifth.
    const differences = { '0.0': 0, '0.01': requests * 0.9, '0.1': requests * 0.9, '0.2': requests, '0.5': requests };
    series.addHistogram('serving_shadow_score_difference', pair, [from, to], differences, -5);
    for (const direction of ['positive', 'negative']) {
      const flips = direction === 'positive' ? requests / 20 : 0;
      series.add('serving_shadow_label_flips_total', { ...pair, to: direction }, [from, 0], [to, flips]);
    }
  }
} // prettier-ignore

function roles(
  series: ScrapedSeries,
  model: string,
  version: string,
  role: string,
  available = [1, 1],
): void {
  REPLICAS.forEach((instance, i) => {
    series.add('serving_traffic_policy_readable', { instance, model }, [at(0), 1], [at(60), 1]);
    const labels = { instance, model, model_version: version, role };
    series.add('serving_role_available', labels, [at(20), available[i]!], [at(60), available[i]!]);
  });
}

function scraped(): ScrapedSeries {
  const series = new ScrapedSeries();
  for (const model of ['split', 'partly']) {
    answered(series, during(0, 60), { model, version: '6', alias: 'champion', answers: 3_600, score: 0.3 });
    answered(series, during(20, 60), {
      ...{ model, version: '7', alias: 'canary', answers: 400, slow: 40, failures: 20, score: 0.6 },
    });
  }
  roles(series, 'split', '7', 'canary');
  roles(series, 'partly', '7', 'canary', [1, 0]);

  // The champion answers until minute 30, the canary all of it from then on.
  answered(series, during(0, 30), { model: 'whole', version: '6', alias: 'champion', answers: 3_000, score: 0.3 });
  answered(series, during(30, 60), { model: 'whole', version: '7', alias: 'canary', answers: 3_000, score: 0.3 });
  roles(series, 'whole', '7', 'canary');

  answered(series, during(0, 60), { model: 'mirror', version: '6', alias: 'champion', answers: 6_000, failures: 60, score: 0.3 });
  shadowed(series, during(20, 60), { model: 'mirror', version: '7', champion: '6', requests: 400, slow: 80, failures: 8 });
  roles(series, 'mirror', '7', 'shadow');

  // Champion 7 since minute 30; 6 was it before, and shadows it where the model is called `watched`.
  for (const model of ['watched', 'alone']) {
    answered(series, during(0, 30), { model, version: '6', alias: 'champion', answers: 3_000, slow: 30, failures: 30, score: 0.3 });
    answered(series, during(30, 60), { model, version: '7', alias: 'champion', answers: 3_000, slow: 300, failures: 15, score: 0.6 });
    roles(series, model, '6', 'shadow');
  }
  shadowed(series, during(30, 60), { model: 'watched', version: '6', champion: '7', requests: 600, slow: 6, failures: 0 });

  // Outcomes are known of both versions of one model.
  for (const [version, auc, half] of [['6', 0.77, 0.0196], ['7', 0.7, 0.0392]] as const) {
    const labels = { instance: 'pushgateway', model: 'split', version };
    series.add('model_quality_auc', { ...labels, slice: 'all' }, [at(0), auc], [at(60), auc]);
    series.add('model_quality_auc', { ...labels, slice: 'sex=1' }, [at(0), 0.99], [at(60), 0.99]);
    series.add('model_quality_auc_lower', labels, [at(0), auc - half], [at(60), auc - half]);
    series.add('model_quality_auc_upper', labels, [at(0), auc + half], [at(60), auc + half]);
  }

  // A tier of a release that does not count failures.
  for (const instance of REPLICAS) {
    const labels = { instance, model: 'uncounted', model_version: '7', alias: 'canary' };
    series.addHistogram('serving_prediction_duration_seconds', labels, during(20, 60), { '0.05': 100, '1.0': 100 }, 1);
  }
  roles(series, 'uncounted', '7', 'canary');
  return series;
} // prettier-ignore

describe('evidence from a real Prometheus', function () {
  this.timeout(120_000);
  let prometheus: PrometheusUnderTest;

  before(async function () {
    if (!canHaveHistory()) {
      this.test!.title = 'skipped: no prometheus and promtool in MONITORING_TOOLS_DIR';
      this.skip();
    }
    prometheus = await prometheusWithHistory(scraped());
  });

  after(() => prometheus.stop());

  const canary: Standing = {
    ...{ phase: 'canary', percent: 10, since: date(20), paused: false },
    ...{ version: '7', champion: '6' },
  };

  async function look(
    model: string,
    standing: Standing = canary,
    { now = date(60), before }: { now?: Date; before?: Window } = {},
  ) {
    const client = new PrometheusClient(prometheus.url);
    return gatherEvidence(client, { model, standing, before, plan, now });
  }

  async function observed(...args: Parameters<typeof look>): Promise<Observed> {
    const evidence = await look(...args);
    if (evidence.silent !== undefined) throw new Error(evidence.silent);
    return evidence.observed;
  }

  it('counts what both versions answered since the step began, over all replicas', async () => {
    const { candidate, baseline, against } = await observed('split');
    expect(candidate.failures).to.deep.equal({ events: 40, trials: 840 });
    expect(candidate.slow).to.deep.equal({ events: 80, trials: 800 });
    expect(candidate.score).to.deep.include({ rows: 800 });
    expect(candidate.score!.value).to.be.closeTo(0.6, 0.001);
    // Of an hour of the champion, the forty minutes of the step.
    expect(baseline.failures).to.deep.equal({ events: 0, trials: 4_800 });
    expect(baseline.score!.value).to.be.closeTo(0.3, 0.001);
    expect(against).to.equal('champion 6 at the same time');
  });

  it('holds a canary that answers everything against the champion before it', async () => {
    const whole = { ...canary, percent: 100, since: date(30) };
    const { candidate, baseline, against } = await observed('whole', whole, {
      before: { from: date(15), to: date(30) },
    });
    expect(candidate.failures.trials).to.equal(6_000);
    expect(baseline.failures.trials).to.equal(3_000);
    expect(against).to.equal('champion 6 before this step');
    // A rollout that begins so has the plan's minutes.
    expect((await observed('whole', whole)).baseline.failures.trials).to.be.closeTo(2_000, 10);
  });

  it('holds a shadow against the champion on the same requests', async () => {
    const { candidate, baseline, paired } = await observed('mirror', { ...canary, phase: 'shadow', percent: 100 });
    expect(candidate.failures).to.deep.equal({ events: 16, trials: 816 });
    expect(candidate.slow).to.deep.equal({ events: 160, trials: 800 });
    expect(baseline.slow).to.deep.equal({ events: 0, trials: 800 });
    expect(baseline.failures).to.deep.equal({ events: 80, trials: 8_080 });
    expect(paired!.flips).to.deep.equal({ events: 40, trials: 800 });
    expect(paired!.difference.rows).to.equal(800);
    // 0.9 x 0.005 + 0.1 x 0.15
    expect(paired!.difference.value).to.be.closeTo(0.0195, 1e-6);
  }); // prettier-ignore

  it('takes a shadow whose scores nobody sees for one that is not proved', async () => {
    const { candidate, baseline, paired } = await observed('split', { ...canary, phase: 'shadow' });
    expect(paired).to.equal(undefined);
    expect(candidate.score).to.equal(undefined);
    expect(baseline.score!.value).to.be.closeTo(0.3, 0.001);
  });

  it('watches a new champion by what the former computes of the same requests', async () => {
    const baking: Standing = { ...canary, phase: 'baking', percent: null, since: date(30) };
    const { candidate, baseline, paired, against } = await observed('watched', baking);
    expect(candidate.failures).to.deep.equal({ events: 30, trials: 6_030 });
    // The champion's own time for the requests that the shadow has computed, too.
    expect(candidate.slow).to.deep.equal({ events: 0, trials: 1_200 });
    expect(baseline.failures).to.deep.equal({ events: 0, trials: 1_200 });
    expect(baseline.slow).to.deep.equal({ events: 12, trials: 1_200 });
    expect(paired!.flips).to.deep.equal({ events: 60, trials: 1_200 });
    expect(paired!.difference.value, 'of the new one').to.be.closeTo(-0.0195, 1e-6);
    expect(against).to.equal('the former champion 6 on the same requests');
  });

  it('watches a new champion by the time of the former where there is nothing else', async () => {
    const baking: Standing = { ...canary, phase: 'baking', percent: null, since: date(30) };
    const { candidate, baseline, paired, against } = await observed('alone', baking);
    expect(candidate.slow).to.deep.equal({ events: 600, trials: 6_000 });
    // The ten minutes that the plan says.
    expect(baseline.failures).to.deep.equal({ events: 20, trials: 2_020 });
    expect(baseline.slow).to.deep.equal({ events: 20, trials: 2_000 });
    expect(baseline.score!.value).to.be.closeTo(0.3, 0.001);
    expect(paired).to.equal(undefined);
    expect(against).to.equal('champion 6 before the promotion');
  });

  it('reads live quality with its bounds, of the whole population, where outcomes of both are known', async () => {
    const { auc } = await observed('split');
    expect(auc!.candidate.value).to.be.closeTo(0.7, 1e-9);
    expect(Math.sqrt(auc!.candidate.variance)).to.be.closeTo(0.02, 1e-4);
    expect(Math.sqrt(auc!.baseline.variance)).to.be.closeTo(0.01, 1e-4);
    expect((await observed('whole')).auc).to.equal(undefined);
  });

  it('sees that a replica has not loaded the role', async () => {
    expect(await look('split')).to.include({ silent: undefined, roleAvailable: true });
    expect(await look('partly')).to.include({ silent: undefined, roleAvailable: false });
    expect(await look('split', { ...canary, version: '8' })).to.include({ roleAvailable: false });
  });

  it('is silent where no replica was scraped lately', async () => {
    expect(await look('nobody')).to.deep.equal({
      silent: 'no replica of model nobody was scraped in the last two minutes',
    });
    // Prometheus answers with samples of the last five minutes.
    expect((await look('split', canary, { now: date(63) })).silent).to.match(/no replica of model split/);
  });

  it('is silent where failures or slow answers could not be seen', async () => {
    expect((await look('uncounted')).silent).to.match(
      /^there is no series serving_prediction_failures_total/,
    );
    const client = new PrometheusClient(prometheus.url);
    const other = readPlan('limits: {slow_seconds: 0.25}');
    const question = { model: 'split', standing: canary, before: undefined, plan: other, now: date(60) };
    expect((await gatherEvidence(client, question)).silent).to.match(/has no bucket of 0.25 s/);
    const whole = { ...question, plan: readPlan('limits: {slow_seconds: 1}') };
    expect((await gatherEvidence(client, whole)).silent).to.equal(undefined);
  });

  it('is silent where nobody answers, or somebody else does, without a word on the address', async () => {
    const question = { model: 'split', standing: canary, before: undefined, plan, now: date(60) };
    const refused = await gatherEvidence(new PrometheusClient('http://user:secret@127.0.0.1:1'), question);
    expect(refused).to.deep.equal({ silent: 'ECONNREFUSED' });
    const page = await gatherEvidence(new PrometheusClient(`${prometheus.url}/nothing`), question);
    expect(page).to.deep.equal({ silent: 'it answers 404' });
  });
});
