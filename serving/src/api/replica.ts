import type { Aggregator, Registry } from 'prom-client';
import type { DriftSnapshot } from '../quality/drift-snapshot.js';
import type { ServableId } from '../servables/servable.js';
import type { StatusReport, WorkerReport } from './status-report.js';

/**
 * A replica is one address and one or more worker processes behind it. The management port speaks for the replica
 * as a whole, and for that asks each worker. To have it show something more:
 *
 * 1. name the question and its answer in `WorkerAnswers` (data that survives `structuredClone`),
 * 2. answer it where a worker is put together (`answers` in serving-tier.ts),
 * 3. on the management port `gather` the answers and merge them; with one process there is one.
 *
 * What is in a metric needs none of this: give the metric an `aggregator` and read `metrics()`.
 */
export interface WorkerAnswers {
  readonly status: WorkerReport;
  readonly metrics: readonly MetricFamily[];
  readonly drift: readonly DriftSnapshot[];
}

export type Question = keyof WorkerAnswers;

/** How a worker answers each question. */
export type Answering = {
  readonly [Q in Question]: () => WorkerAnswers[Q] | Promise<WorkerAnswers[Q]>;
};

/** What a worker can be told. Not confirmed: whoever wants to know the effect asks. */
export interface WorkerCommands {
  /** Looks at the alias at once. */
  hurry(): void;
  /** Forgets which versions failed to load, so that the next look tries them again. */
  forgetFailures(): void;
}

export type Command = keyof WorkerCommands;

/** A metric with its values, as prom-client's `getMetricsAsJSON` writes it out. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  /** `counter`, `gauge`, `histogram` or `summary`; prom-client's types say otherwise. */
  readonly type: unknown;
  /** How the values of several workers become one. */
  readonly aggregator: Aggregator;
  readonly values: readonly MetricSample[];
}

export interface MetricSample {
  readonly value: number;
  readonly labels: Readonly<Partial<Record<string, string | number>>>;
  /** Of a part of a histogram, such as `..._bucket`. */
  readonly metricName?: string;
}

/** Which process answered. */
export interface WorkerIdentity {
  /** Counts from 1; a replacement has a number of its own. */
  readonly id: number;
  readonly pid: number;
}

export interface WorkerAnswer<Q extends Question> {
  readonly worker: WorkerIdentity;
  /** undefined: it did not answer in time, since it starts, ends or computes. */
  readonly answer: WorkerAnswers[Q] | undefined;
}

/** The replica, as its management port sees it. */
export interface Replica {
  /** Whether clients are answered with predictions here. */
  isReady(): boolean;
  /** What answers where a request names no model; undefined while that differs between workers. */
  champion(): ServableId | undefined;
  status(): Promise<StatusReport>;
  /** The metrics of all workers as one registry: a copy, of use for one look. */
  metrics(): Promise<Registry>;
  /** Asks every worker at once; never rejects. */
  gather<Q extends Question>(question: Q): Promise<readonly WorkerAnswer<Q>[]>;
  /** Tells every worker. */
  broadcast(command: Command): void;
  /** As many workers there may be; undefined where there is one process, whose number can't be changed. */
  readonly maxWorkers: number | undefined;
  /** Has that many workers from now on. Returns at once. @throws {Error} outside 1 to `maxWorkers` */
  resize(count: number): void;
}
