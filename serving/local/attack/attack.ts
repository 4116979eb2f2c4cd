import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf as describe } from '../failure.js';
import type { AttackMetrics } from './attack-metrics.js';
import { MESSAGE_KINDS, messageOf, type AttackMessage, type MessageKind, type Mixture } from './messages.js';
import { dueBy, rateAt, stepAt, type Ramp } from './ramp.js';

const TICK_MS = 20;
/** A broker that does not answer is not waited for longer. */
const STOP_MS = 3_000;
/** Handed to the broker and not acknowledged. A broker that stands still is no reason to fill this memory. */
const MAX_UNACKNOWLEDGED = 50_000;

export interface AttackPlan {
  readonly ramp: Ramp;
  readonly mixture: Mixture;
  /** Rows of the served model, as JSON. */
  readonly rows: readonly string[];
  /** Makes the keys of this attack others than those of the last. */
  readonly run: string;
}

/** Resolves when the broker has the messages. */
export type SendMessages = (messages: readonly AttackMessage[]) => Promise<void>;

export interface AttackCounts {
  readonly offered: Readonly<Record<MessageKind, number>>;
  /** The broker has them. */
  readonly acknowledged: number;
  /** The broker did not take them. */
  readonly failed: number;
  /** Due, and not even offered, since the broker owed too many acknowledgements. */
  readonly withheld: number;
}

/** An open loop: what is due by the clock is offered, whatever becomes of what was offered before. */
export class Attack {
  readonly #plan: AttackPlan;
  readonly #send: SendMessages;
  readonly #metrics: AttackMetrics;
  readonly #now: () => number;
  readonly #offered: Record<MessageKind, number> = { valid: 0, malformed: 0, oversized: 0 };
  readonly #sends = new Set<Promise<void>>();
  #startedAtMs: number | undefined;
  #stoppedAtMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #due = 0;
  #acknowledged = 0;
  #failed = 0;
  #withheld = 0;
  #lastFailure: string | undefined;

  constructor(plan: AttackPlan, send: SendMessages, metrics: AttackMetrics, now = () => performance.now()) {
    this.#plan = plan;
    this.#send = send;
    this.#metrics = metrics;
    this.#now = now;
  }

  start(): void {
    this.#startedAtMs = this.#now();
    this.#timer = setInterval(() => {
      this.offerWhatIsDue();
    }, TICK_MS);
    this.offerWhatIsDue();
  }

  /** Offers nothing from now on, and waits a while for what is on its way. Safe to call again. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stoppedAtMs ??= this.#now();
    this.#metrics.intensity(0, stepAt(this.second, this.#plan.ramp));
    const patience = new AbortController();
    const settled = Promise.all(this.#sends).then(() => {
      patience.abort();
    });
    await Promise.race([
      settled,
      sleep(STOP_MS, undefined, { signal: patience.signal }).catch(() => undefined),
    ]);
  }

  /** From the start to now or to the end. */
  get second(): number {
    if (this.#startedAtMs === undefined) return 0;
    return ((this.#stoppedAtMs ?? this.#now()) - this.#startedAtMs) / 1_000;
  }

  /** Messages a second that are due now. */
  get rate(): number {
    const isRunning = this.#startedAtMs !== undefined && this.#stoppedAtMs === undefined;
    return isRunning ? rateAt(this.second, this.#plan.ramp) : 0;
  }

  get step(): number {
    return stepAt(this.second, this.#plan.ramp);
  }

  /** The time of the plan is over. */
  get isOver(): boolean {
    return this.second >= this.#plan.ramp.maxSeconds;
  }

  get counts(): AttackCounts {
    return {
      offered: { ...this.#offered },
      acknowledged: this.#acknowledged,
      failed: this.#failed,
      withheld: this.#withheld,
    };
  }

  /** Why the broker did not take what it did not take last. */
  get lastFailure(): string | undefined {
    return this.#lastFailure;
  }

  offerWhatIsDue(): void {
    const { ramp, rows, run, mixture } = this.#plan;
    this.#metrics.intensity(this.rate, this.step);
    const due = dueBy(this.second, ramp);
    const unacknowledged = this.#offeredAll() - this.#acknowledged - this.#failed;
    const room = Math.max(0, MAX_UNACKNOWLEDGED - unacknowledged);
    const messages: AttackMessage[] = [];
    for (let n = this.#due; n < due; n += 1) {
      if (messages.length < room) messages.push(messageOf(n, rows, run, mixture));
      else this.#withheld += 1;
    }
    this.#due = due;
    if (messages.length === 0) return;
    for (const { kind } of messages) {
      this.#offered[kind] += 1;
      this.#metrics.offered(kind);
    }
    const sending = this.#send(messages)
      .then(
        () => {
          this.#acknowledged += messages.length;
        },
        (error: unknown) => {
          this.#failed += messages.length;
          this.#lastFailure = describe(error);
        },
      )
      .finally(() => {
        this.#sends.delete(sending);
      });
    this.#sends.add(sending);
  }

  #offeredAll(): number {
    return MESSAGE_KINDS.reduce((sum, kind) => sum + this.#offered[kind], 0);
  }
}
