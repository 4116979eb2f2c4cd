import type { Role } from '../registry/traffic-tags.js';
import { bucketCounts, meanOf, type BucketCount } from './bucket-counts.js';
import type { Mean, Proportion } from './confidence-sequence.js';
import type { Standing } from './decide.js';
import type { LiveAuc, Observed, PairedRows, TrafficEvidence, VersionCounts } from './evidence.js';
import type { Plan } from './plan.js';
import { PrometheusSilent, type PrometheusClient } from '../prometheus/prometheus-client.js';

/** From one moment to another. */
export interface Window {
  readonly from: Date;
  readonly to: Date;
}

/** What is to be looked for. */
export interface Question {
  readonly model: string;
  readonly standing: Standing;
  /** Of the phase or step before; undefined: the rollout began with this one. */
  readonly before: Window | undefined;
  readonly plan: Plan;
  readonly now: Date;
}

type Labels = Readonly<Record<string, string>>;

/** Replicas are scraped more often than this, or not at all. */
const FRESH_SECONDS = 120;
const MINUTE = 60_000;
/** With fewer requests on the same traffic, another time says more. */
const MIN_SAME_TRAFFIC = 100;
const Z_95 = 1.959964;
const ALL_TRAFFIC = 100;

const PREDICTIONS = 'serving_prediction_duration_seconds';
const FAILURES = 'serving_prediction_failures_total';
const SHADOW = 'serving_shadow_duration_seconds';
const SHADOW_FAILURES = 'serving_shadow_failures_total';
const CHAMPION_OF_SHADOW = 'serving_shadow_champion_duration_seconds';

/** What Prometheus has counted of the two versions, over all replicas. */
export async function gatherEvidence(
  prometheus: PrometheusClient,
  question: Question,
): Promise<TrafficEvidence> {
  try {
    const reader = new WindowReader(prometheus, question);
    const roleAvailable = await reader.roleAvailable();
    const observed = await reader.observed();
    return { silent: undefined, roleAvailable, observed };
  } catch (error) {
    if (error instanceof PrometheusSilent) return { silent: error.message };
    throw error;
  }
}

class WindowReader {
  readonly #prometheus: PrometheusClient;
  readonly #question: Question;
  readonly #window: Window;

  constructor(prometheus: PrometheusClient, question: Question) {
    this.#prometheus = prometheus;
    this.#question = question;
    this.#window = { from: question.standing.since, to: question.now };
  }

  async roleAvailable(): Promise<boolean> {
    const { model, standing, now } = this.#question;
    const replicas = `serving_traffic_policy_readable${selector({ model })}`;
    const fresh = await this.#one(
      `count(${replicas} and (time() - timestamp(${replicas}) < ${FRESH_SECONDS}))`,
      now,
    );
    if (fresh === undefined)
      throw new PrometheusSilent(`no replica of model ${model} was scraped in the last two minutes`);
    const role: Role = standing.phase === 'canary' ? 'canary' : 'shadow';
    const version = standing.phase === 'baking' ? standing.champion : standing.version;
    const wanted = `serving_role_available${selector({ model, model_version: version, role })}`;
    return ((await this.#one(`sum(${wanted})`, now)) ?? 0) >= fresh;
  }

  observed(): Promise<Observed> {
    switch (this.#question.standing.phase) {
      case 'shadow':
        return this.#shadow();
      case 'canary':
        return this.#canary();
      case 'baking':
        return this.#baking();
    }
  }

  async #shadow(): Promise<Observed> {
    const { version, champion } = this.#question.standing;
    const window = this.#window;
    const [candidate, same, live, paired, auc] = await Promise.all([
      this.#shadowCounts(version, window),
      this.#slow(CHAMPION_OF_SHADOW, this.#labels(version), window),
      this.#answered(champion, 'champion', window),
      this.#paired(version, champion, window),
      this.#auc(version, champion),
    ]);
    // A champion that has scores, and no row with one from both: not a model without scores.
    const score = paired === undefined ? live.score : undefined;
    return {
      candidate,
      baseline: { failures: live.failures, slow: same.slow, score },
      against: `champion ${champion} on the same requests`,
      paired,
      auc,
    };
  }

  async #canary(): Promise<Observed> {
    const { version, champion, percent } = this.#question.standing;
    const alone = percent === ALL_TRAFFIC;
    const window = alone ? (this.#question.before ?? this.#beforeThePhase()) : this.#window;
    const [candidate, baseline, auc] = await Promise.all([
      this.#answered(version, 'canary', this.#window),
      this.#answered(champion, 'champion', window),
      this.#auc(version, champion),
    ]);
    const when = alone ? 'before this step' : 'at the same time';
    return { candidate, baseline, against: `champion ${champion} ${when}`, paired: undefined, auc };
  }

  /** The former champion computes the same requests as a shadow; where it does not, its own time is what there is. */
  async #baking(): Promise<Observed> {
    const { version, champion: former } = this.#question.standing;
    const window = this.#window;
    const [candidate, past, shadow, same, paired, auc] = await Promise.all([
      this.#answered(version, 'champion', window),
      this.#answered(former, 'champion', this.#beforeThePhase()),
      this.#shadowCounts(former, window),
      this.#slow(CHAMPION_OF_SHADOW, this.#labels(former), window),
      this.#paired(former, version, window),
      this.#auc(version, former),
    ]);
    if (shadow.failures.trials < MIN_SAME_TRAFFIC) {
      const against = `champion ${former} before the promotion`;
      return { candidate, baseline: past, against, paired: mirrored(paired), auc };
    }
    return {
      candidate: { ...candidate, slow: same.slow },
      baseline: { ...shadow, score: past.score },
      against: `the former champion ${former} on the same requests`,
      paired: mirrored(paired),
      auc,
    };
  }

  #beforeThePhase(): Window {
    const { standing, plan } = this.#question;
    const from = new Date(standing.since.getTime() - plan.baking.baseline_minutes * MINUTE);
    return { from, to: standing.since };
  }

  #labels(version: string): Labels {
    return { model: this.#question.model, model_version: version };
  }

  /** Of a version that answers. */
  async #answered(version: string, alias: string, window: Window): Promise<VersionCounts> {
    const labels = { ...this.#labels(version), alias };
    const [{ answers, slow }, failures, score] = await Promise.all([
      this.#slow(PREDICTIONS, labels, window),
      this.#increase(FAILURES, labels, window),
      this.#score(labels, window),
    ]);
    return { failures: this.#failed(FAILURES, labels, failures, answers), slow, score };
  }

  /** Of a version that answers nobody. */
  async #shadowCounts(version: string, window: Window): Promise<VersionCounts> {
    const labels = this.#labels(version);
    const [{ answers, slow }, failures] = await Promise.all([
      this.#slow(SHADOW, labels, window),
      this.#increase(SHADOW_FAILURES, labels, window),
    ]);
    return {
      failures: this.#failed(SHADOW_FAILURES, labels, failures, answers),
      slow,
      score: undefined,
    };
  }

  /** A counter that is there from the first request on, and is not: nobody would see a failure. */
  #failed(metric: string, labels: Labels, failures: number | undefined, answers: number): Proportion {
    if (failures === undefined && answers > 0) {
      throw new PrometheusSilent(`there is no series ${metric}${selector(labels)}`);
    }
    const events = Math.round(failures ?? 0);
    return { events, trials: events + answers };
  }

  async #slow(
    histogram: string,
    labels: Labels,
    window: Window,
  ): Promise<{ readonly answers: number; readonly slow: Proportion }> {
    const { slow_seconds: threshold } = this.#question.plan.limits;
    const [answers, fast] = await Promise.all([
      this.#increase(`${histogram}_count`, labels, window),
      this.#increase(`${histogram}_bucket`, labels, window, [boundSelector(threshold)]),
    ]);
    const trials = Math.round(answers ?? 0);
    if (fast === undefined && trials > 0) {
      throw new PrometheusSilent(`${histogram} has no bucket of ${threshold} s`);
    }
    const events = Math.min(trials, Math.max(0, Math.round((answers ?? 0) - (fast ?? 0))));
    return { answers: trials, slow: { events, trials } };
  }

  async #score(labels: Labels, window: Window): Promise<Mean | undefined> {
    const name = 'serving_prediction_score';
    const [buckets, sum] = await Promise.all([
      this.#buckets(name, labels, window),
      this.#increase(`${name}_sum`, labels, window),
    ]);
    return meanOf(buckets, [0, 1], sum);
  }

  /** Its sum falls as well as rises, so that no increase of it can be told: the buckets are what there is. */
  async #paired(version: string, champion: string, window: Window): Promise<PairedRows | undefined> {
    const labels = { ...this.#labels(version), champion_version: champion };
    const [buckets, flips] = await Promise.all([
      this.#buckets('serving_shadow_score_difference', labels, window),
      this.#increase('serving_shadow_label_flips_total', labels, window),
    ]);
    const difference = meanOf(buckets, [-1, 1]);
    if (difference === undefined) return undefined;
    const trials = difference.rows;
    return { difference, flips: { events: Math.min(trials, Math.round(flips ?? 0)), trials } };
  }

  /** What the pipeline measures where outcomes are known by now. Bounds are those of 95 %. */
  async #auc(version: string, other: string): Promise<Observed['auc']> {
    const [candidate, baseline] = await Promise.all([this.#aucOf(version), this.#aucOf(other)]);
    return candidate === undefined || baseline === undefined ? undefined : { candidate, baseline };
  }

  async #aucOf(version: string): Promise<LiveAuc | undefined> {
    const { model, now } = this.#question;
    const labels = { model, version };
    const [value, lower, upper] = await Promise.all([
      this.#one(`max(model_quality_auc${selector({ ...labels, slice: 'all' })})`, now),
      this.#one(`max(model_quality_auc_lower${selector(labels)})`, now),
      this.#one(`max(model_quality_auc_upper${selector(labels)})`, now),
    ]);
    if (value === undefined || lower === undefined || upper === undefined) return undefined;
    return { value, variance: ((upper - lower) / (2 * Z_95)) ** 2 };
  }

  async #buckets(histogram: string, labels: Labels, window: Window): Promise<readonly BucketCount[]> {
    const inner = `increase(${histogram}_bucket${selector(labels)}[${rangeOf(window)}])`;
    const samples = await this.#prometheus.query(`sum by (le) (${inner})`, window.to);
    return bucketCounts(
      samples.map(({ labels: { le = '' }, value }) => ({
        bound: le === '+Inf' ? Infinity : Number(le),
        total: value,
      })),
    );
  }

  /** undefined: there is no such series, or not for long enough to tell. */
  #increase(
    metric: string,
    labels: Labels,
    window: Window,
    more: readonly string[] = [],
  ): Promise<number | undefined> {
    const range = `${metric}${selector(labels, more)}[${rangeOf(window)}]`;
    return this.#one(`sum(increase(${range}))`, window.to);
  }

  async #one(expression: string, at: Date): Promise<number | undefined> {
    const [sample] = await this.#prometheus.query(expression, at);
    return sample === undefined || Number.isNaN(sample.value) ? undefined : sample.value;
  }
}

/** Seen from the new champion. */
function mirrored(paired: PairedRows | undefined): PairedRows | undefined {
  if (paired === undefined) return undefined;
  const { difference, flips } = paired;
  return { difference: { ...difference, value: -difference.value }, flips };
}

function rangeOf({ from, to }: Window): string {
  return `${Math.max(1, Math.round((to.getTime() - from.getTime()) / 1_000))}s`;
}

/** Some releases of Prometheus write whole bounds as `1.0`. */
function boundSelector(bound: number): string {
  const text = String(bound).replaceAll('.', String.raw`\\.`);
  return `le=~"${text}${Number.isInteger(bound) ? String.raw`(\\.0)?` : ''}"`;
}

function selector(labels: Labels, more: readonly string[] = []): string {
  const each = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `{${[...each, ...more].join(', ')}}`;
}
