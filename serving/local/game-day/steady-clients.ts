import { quantile } from '../../bench/report/statistics.js';
import type { ClientWindow } from '../attack/attack-plot.js';
import { ConstantLoad } from '../cluster/constant-load.js';
import type { LoadPlan, RequestRecord } from '../cluster/load-report.js';

/** From when on requests belong to it, in milliseconds since 1970. */
export interface Phase {
  readonly name: string;
  readonly fromAt: number;
}

export interface PhaseFigures {
  readonly phase: string;
  readonly requests: number;
  /** Share that was answered with 2xx. */
  readonly successRate: number;
  /** Of answered requests; NaN where there is none. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** What went wrong, in words, and how often. */
  readonly failures: Readonly<Record<string, number>>;
}

/** Clients that ask at a steady rate over connections that they keep, whatever else goes on. */
export class SteadyClients {
  readonly #load: ConstantLoad;
  readonly #phases: Phase[];
  readonly #startedAt = Date.now();

  private constructor(load: ConstantLoad, firstPhase: string) {
    this.#load = load;
    this.#phases = [{ name: firstPhase, fromAt: -Infinity }];
  }

  static async start(plan: LoadPlan, firstPhase: string): Promise<SteadyClients> {
    return new SteadyClients(await ConstantLoad.start(plan), firstPhase);
  }

  /** What is asked from now on belongs to another phase. */
  enter(phase: string): void {
    this.#phases.push({ name: phase, fromAt: Date.now() });
  }

  /** Safe to call again. */
  async stop(): Promise<void> {
    await this.#load.stop();
  }

  /** By phase, in their order. */
  get figures(): readonly PhaseFigures[] {
    return figuresOf(this.#load.records, this.#phases);
  }

  /** The same over time, in windows of so many seconds from the start on. */
  windows(seconds: number): readonly ClientWindow[] {
    return windowsOf(this.#load.records, this.#startedAt, seconds);
  }
}

export function figuresOf(
  records: readonly RequestRecord[],
  phases: readonly Phase[],
): readonly PhaseFigures[] {
  return phases.map(({ name, fromAt }, i) => {
    const toAt = phases[i + 1]?.fromAt ?? Infinity;
    const ofPhase = records.filter(({ at }) => at >= fromAt && at < toAt);
    return { phase: name, requests: ofPhase.length, ...successOf(ofPhase), failures: failuresOf(ofPhase) };
  });
}

/** @param seconds of a window; it stands at its middle */
export function windowsOf(
  records: readonly RequestRecord[],
  startedAt: number,
  seconds: number,
): readonly ClientWindow[] {
  const windows = new Map<number, RequestRecord[]>();
  for (const record of records) {
    const window = Math.max(0, Math.floor((record.at - startedAt) / 1_000 / seconds));
    const others = windows.get(window);
    if (others === undefined) windows.set(window, [record]);
    else others.push(record);
  }
  return [...windows]
    .sort(([one], [other]) => one - other)
    .map(([window, ofWindow]) => ({ second: (window + 0.5) * seconds, ...successOf(ofWindow) }));
}

function successOf(records: readonly RequestRecord[]): Pick<PhaseFigures, 'successRate' | 'p50Ms' | 'p99Ms'> {
  const answered = records.filter(({ failure }) => failure === undefined);
  const latencies = answered.map(({ ms }) => ms);
  return {
    successRate: answered.length / records.length,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  };
}

function failuresOf(records: readonly RequestRecord[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { failure } of records) {
    if (failure !== undefined) counts[failure] = (counts[failure] ?? 0) + 1;
  }
  return counts;
}
