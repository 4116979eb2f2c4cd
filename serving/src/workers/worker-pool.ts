import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Command, Question, Replica, WorkerAnswer } from '../api/replica.js';
import type { StatusReport } from '../api/status-report.js';
import type { ModelConfig } from '../config.js';
import { addWorkerCpu, WorkerMetrics, type WorkerLoss } from '../metrics/workers.js';
import type { ServableId } from '../servables/servable.js';
import { combinedStatus } from './combined-status.js';
import type { ToPrimary } from './messages.js';
import { metricFamilies } from './metric-families.js';
import { afterEnd, type WorkerEnd } from './restart-policy.js';
import { SummedMetrics } from './summed-metrics.js';
import { WorkerLink, type WorkerProcess } from './worker-link.js';

/** How a process came to its end. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface PoolOptions {
  /** Workers to start with. */
  readonly count: number;
  /** More processes than this there never are. */
  readonly max: number;
  readonly models: readonly [ModelConfig, ...ModelConfig[]];
  /** A worker that leaves pings unanswered for this long is killed. */
  readonly hangTimeoutMs: number;
  /** What a worker may take to end when it is told to. */
  readonly stopTimeoutMs: number;
}

/** What a worker process does, as it happens. */
export interface WorkerEvents {
  received(message: ToPrimary): void;
  ended(exit: Exit): void;
}

export type ForkWorker = (events: WorkerEvents) => WorkerProcess;

/** The first worker ended before it took requests: others would do the same. It has said why. */
export class StartFailed extends Error {
  override readonly name = 'StartFailed';

  constructor(readonly exit: Exit) {
    super(`A worker ended before it took requests (${describe(exit)})`);
  }
}

/** Short of the two seconds that the command line waits for `/status`. */
const ANSWER_TIMEOUT_MS = 1_500;
const PINGS_BEFORE_HUNG = 4;
/** While a worker starts it reads code and opens files, and may do so on a busy machine. */
const PINGS_BEFORE_HUNG_AT_START = 4 * PINGS_BEFORE_HUNG;
const REMEMBERED_ENDS = 100;
/**
 * For so long a worker that is to end answers on with `connection: close`, whatever is set for the end of the whole
 * replica: clients that keep connections open are to hear of it before theirs are closed.
 */
const RETIREMENT_DRAIN_MS = 2_000;
/** The primary's own among the metrics of the workers, which count from 1. */
const PRIMARY = 0;

/**
 * The workers of a replica: starts them, replaces those that are lost, has more or fewer of them when it is told to,
 * and speaks for all of them.
 *
 * A worker takes requests when every model is available in it; only while nobody else takes any it does so at once,
 * so that probes get an answer. A replacement therefore never answers that it has no model yet, and the replica
 * stays ready while it starts.
 */
export class WorkerPool implements Replica {
  readonly #options: PoolOptions;
  readonly #fork: ForkWorker;
  readonly #gaveUp: (exit: Exit) => void;
  readonly #log: Logger;
  readonly #ownMetrics: Registry;
  readonly #metrics: WorkerMetrics;
  readonly #sums = new SummedMetrics();
  readonly #links = new Map<number, WorkerLink>();
  readonly #ends: WorkerEnd[] = [];
  readonly #hung = new Set<WorkerLink>();
  readonly #replacements = new Set<NodeJS.Timeout>();
  /** Told to end since there are to be fewer; the timer ends those that do not. They answer what still reaches them. */
  readonly #retiring = new Map<WorkerLink, NodeJS.Timeout>();
  #wanted: number;
  #pinging: NodeJS.Timeout | undefined;
  #starting: { resolve(): void; reject(error: Error): void } | undefined;
  #stopping = false;
  #noneLeft: (() => void) | undefined;

  /**
   * @param ownMetrics of this process; those of the pool are added to them
   * @param gaveUp called once when workers end again and again and none serves
   */
  constructor(
    options: PoolOptions,
    fork: ForkWorker,
    gaveUp: (exit: Exit) => void,
    log: Logger,
    ownMetrics: Registry,
  ) {
    this.#options = options;
    this.#fork = fork;
    this.#gaveUp = gaveUp;
    this.#log = log;
    this.#ownMetrics = ownMetrics;
    this.#wanted = options.count;
    this.#metrics = new WorkerMetrics(
      ownMetrics,
      () => this.#wanted,
      () => this.#serving.length,
    );
  }

  get maxWorkers(): number {
    return this.#options.max;
  }

  /**
   * Resolves when the first worker takes requests; the others are started then, so that what is wrong with all of
   * them is said once.
   * @throws {StartFailed}
   */
  async start(): Promise<void> {
    this.#pinging = setInterval(() => {
      this.#ping();
    }, this.#options.hangTimeoutMs / PINGS_BEFORE_HUNG);
    const first = new Promise<void>((resolve, reject) => {
      this.#starting = { resolve, reject };
    });
    this.#startWorker();
    await first.finally(() => {
      this.#starting = undefined;
    });
    this.#adjust();
  }

  /**
   * Has that many workers from now on. New ones take requests as replacements do; those that are too many finish what
   * they have and end.
   *
   * @throws {RangeError} outside 1 to `maxWorkers`
   */
  resize(count: number): void {
    if (!Number.isInteger(count) || count < 1 || count > this.#options.max) {
      throw new RangeError(`${count} workers are not within 1 to ${this.#options.max}`);
    }
    if (count !== this.#wanted)
      this.#log.info({ from: this.#wanted, to: count }, 'the number of workers changes');
    this.#wanted = count;
    // The first one says what is wrong with all of them.
    if (this.#starting === undefined) this.#adjust();
  }

  /** Has all workers end what they are doing, at the same time. @returns whether none had to be killed */
  async stop(): Promise<boolean> {
    this.#stopping = true;
    clearInterval(this.#pinging);
    for (const replacement of this.#replacements) clearTimeout(replacement);
    for (const timer of this.#retiring.values()) clearTimeout(timer);
    for (const link of this.#links.values()) link.end();
    if (this.#links.size === 0) return true;
    let late = 0;
    const deadline = setTimeout(() => {
      late = this.#links.size;
      for (const link of this.#links.values()) {
        this.#log.error(named(link), 'the worker did not end in time and is killed');
        link.kill('SIGKILL');
      }
    }, this.#options.stopTimeoutMs);
    await new Promise<void>((resolve) => {
      this.#noneLeft = resolve;
    });
    clearTimeout(deadline);
    return late === 0;
  }

  isReady(): boolean {
    const serving = this.#serving;
    return !this.#stopping && serving.length > 0 && serving.every((link) => link.isReady);
  }

  champion(): ServableId | undefined {
    const [first, ...others] = this.#serving.map(({ state }) => state?.champion);
    return others.every((other) => other?.digest === first?.digest && other?.version === first?.version)
      ? first
      : undefined;
  }

  async status(): Promise<StatusReport> {
    const answers = await this.gather('status');
    // A worker that computes for long is where it was when it last said something.
    const known = answers.map(({ worker, answer }) => ({
      worker,
      answer: answer ?? this.#links.get(worker.id)?.state?.report,
    }));
    return combinedStatus(this.isReady(), this.#options.models, known, this.#wanted);
  }

  async metrics(): Promise<Registry> {
    const [own, answers] = await Promise.all([metricFamilies(this.#ownMetrics), this.gather('metrics')]);
    this.#sums.record(PRIMARY, own);
    for (const { worker, answer } of answers) {
      // One that ended meanwhile is accounted for.
      if (answer !== undefined && this.#links.has(worker.id)) this.#sums.record(worker.id, answer);
    }
    const sum = this.#sums.registry();
    addWorkerCpu(
      sum,
      [...this.#links.keys()].map((worker) => ({ worker, seconds: this.#sums.cpuSecondsOf(worker) })),
    );
    return sum;
  }

  gather<Q extends Question>(question: Q): Promise<readonly WorkerAnswer<Q>[]> {
    return Promise.all(
      [...this.#links.values()].map(async (link) => ({
        worker: link.identity,
        answer: await link.ask(question, ANSWER_TIMEOUT_MS),
      })),
    );
  }

  broadcast(command: Command): void {
    for (const link of this.#links.values()) link.send({ kind: 'tell', command });
  }

  /** Those that are to stay. */
  get #staying(): WorkerLink[] {
    return [...this.#links.values()].filter((link) => !this.#retiring.has(link));
  }

  get #serving(): WorkerLink[] {
    return this.#staying.filter((link) => link.serves);
  }

  /** Starts what is missing and retires what is too much. */
  #adjust(): void {
    // Those that were started now would not hear that they are to stop.
    if (this.#stopping) return;
    const missing = this.#wanted - this.#staying.length - this.#replacements.size;
    // As long as others end, there is no place for their successors.
    const places = this.#options.max - this.#links.size - this.#replacements.size;
    for (let i = 0; i < Math.min(missing, places); i += 1) this.#startWorker();
    for (let i = 0; i < -missing; i += 1) this.#dropOne();
  }

  /** The one that is missed least: not started yet, then not serving, then the newest. */
  #dropOne(): void {
    const [replacement] = this.#replacements;
    if (replacement !== undefined) {
      clearTimeout(replacement);
      this.#replacements.delete(replacement);
      return;
    }
    const link = this.#staying.findLast(({ serves }) => !serves) ?? this.#staying.at(-1);
    if (link === undefined) return;
    const timer = setTimeout(() => {
      this.#log.error(named(link), 'the worker did not end in time and is killed');
      link.kill('SIGKILL');
    }, RETIREMENT_DRAIN_MS + this.#options.stopTimeoutMs);
    this.#retiring.set(link, timer);
    link.end(RETIREMENT_DRAIN_MS);
  }

  #startWorker(): void {
    const process = this.#fork({
      received: (message) => {
        this.#received(link, message);
      },
      ended: (exit) => {
        this.#ended(link, exit);
      },
    });
    const link = new WorkerLink(process, performance.now());
    this.#links.set(process.id, link);
  }

  #received(link: WorkerLink, message: ToPrimary): void {
    link.received(message);
    if (message.kind === 'last-metrics') this.#sums.record(link.identity.id, message.metrics);
    if (message.kind !== 'state') return;
    if (link.serves) this.#starting?.resolve();
    this.#admit();
  }

  /** Has workers take requests: those that can answer them, or all while there are none. */
  #admit(): void {
    if (this.#stopping) return;
    const waiting = this.#staying.filter((link) => link.state !== undefined && !link.serves);
    const nobodyServes = this.#serving.length === 0;
    for (const link of waiting) {
      if (link.isReady || nobodyServes) link.send({ kind: 'take-requests' });
    }
  }

  #ping(): void {
    for (const link of this.#links.values()) {
      const limit = link.state === undefined ? PINGS_BEFORE_HUNG_AT_START : PINGS_BEFORE_HUNG;
      if (link.ping() < limit) continue;
      this.#log.error(named(link), 'the worker does not react and is killed');
      this.#hung.add(link);
      link.kill('SIGKILL');
    }
  }

  #ended(link: WorkerLink, exit: Exit): void {
    this.#links.delete(link.identity.id);
    this.#sums.ended(link.identity.id);
    link.ended();
    if (this.#links.size === 0) this.#noneLeft?.();
    if (this.#stopping) return;
    if (this.#starting !== undefined) {
      this.#starting.reject(new StartFailed(exit));
      return;
    }
    if (this.#retiring.has(link)) {
      clearTimeout(this.#retiring.get(link));
      this.#retiring.delete(link);
      this.#adjust();
    } else {
      this.#replace(link, exit);
    }
    this.#admit();
  }

  #replace(link: WorkerLink, exit: Exit): void {
    const now = performance.now();
    this.#ends.push({ atMs: now, livedMs: now - link.startedAtMs });
    this.#ends.splice(0, this.#ends.length - REMEMBERED_ENDS);
    const reason = this.#reasonOf(link, exit);
    const verdict = afterEnd(this.#ends, this.#serving.length > 0);
    const what = { ...named(link), reason, exit: describe(exit) };
    if (verdict.kind === 'give-up') {
      this.#log.fatal(what, 'workers end again and again, and none serves: giving up');
      this.#gaveUp(exit);
      return;
    }
    this.#log[reason === 'ended' ? 'warn' : 'error'](
      { ...what, after_ms: verdict.afterMs },
      'a worker is replaced',
    );
    this.#metrics.restarted(reason);
    const timer = setTimeout(() => {
      this.#replacements.delete(timer);
      this.#adjust();
    }, verdict.afterMs);
    this.#replacements.add(timer);
  }

  #reasonOf(link: WorkerLink, { code }: Exit): WorkerLoss {
    if (this.#hung.delete(link)) return 'hung';
    return code === 0 ? 'ended' : 'crashed';
  }
}

function named(link: WorkerLink): { readonly worker: number; readonly pid: number } {
  const { id, pid } = link.identity;
  return { worker: id, pid };
}

function describe({ code, signal }: Exit): string {
  return signal ?? `code ${String(code)}`;
}
