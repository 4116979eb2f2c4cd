import type { Question, WorkerAnswers, WorkerIdentity } from '../api/replica.js';
import type { ToPrimary, ToWorker, WorkerState } from './messages.js';

/** A worker process, as the operating system and `node:cluster` have it. */
export interface WorkerProcess extends WorkerIdentity {
  /** A message to a process that has ended is lost without a word. */
  send(message: ToWorker): void;
  kill(signal: NodeJS.Signals): void;
}

interface Pending {
  resolve(answer: WorkerAnswers[Question] | undefined): void;
  readonly timer: NodeJS.Timeout;
}

/** One worker, as the primary talks with it. */
export class WorkerLink {
  readonly startedAtMs: number;
  readonly #process: WorkerProcess;
  readonly #pending = new Map<number, Pending>();
  #state: WorkerState | undefined;
  #asked = 0;
  #unansweredPings = 0;

  constructor(process: WorkerProcess, startedAtMs: number) {
    this.#process = process;
    this.startedAtMs = startedAtMs;
  }

  get identity(): WorkerIdentity {
    const { id, pid } = this.#process;
    return { id, pid };
  }

  /** What it said last; undefined while it starts. */
  get state(): WorkerState | undefined {
    return this.#state;
  }

  /** Takes requests. */
  get serves(): boolean {
    return this.#state?.report.serving ?? false;
  }

  get isReady(): boolean {
    return this.#state?.report.ready ?? false;
  }

  send(message: ToWorker): void {
    this.#process.send(message);
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /**
   * Has it end when it has done what it is doing. One that has not said anything yet may still read its code, and then
   * a message is lost; a signal is not, and it has no requests.
   *
   * @param drainMs answers on for so long
   */
  end(drainMs = 0): void {
    if (this.#state === undefined) this.kill('SIGTERM');
    else this.send({ kind: 'stop', drainMs });
  }

  /** @returns undefined when there is no answer in time; never rejects */
  ask<Q extends Question>(question: Q, timeoutMs: number): Promise<WorkerAnswers[Q] | undefined> {
    const number = ++this.#asked;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#settle(number, undefined);
      }, timeoutMs);
      // The worker answers the question that it was asked.
      this.#pending.set(number, { resolve: resolve as Pending['resolve'], timer });
      this.send({ kind: 'ask', number, question });
    });
  }

  received(message: ToPrimary): void {
    this.#unansweredPings = 0;
    if (message.kind === 'answer') this.#settle(message.number, message.answer);
    else if (message.kind === 'state') this.#state = message.state;
  }

  /** @returns how many pings in a row were not answered, this one not counted */
  ping(): number {
    const unanswered = this.#unansweredPings;
    this.#unansweredPings += 1;
    this.send({ kind: 'ping' });
    return unanswered;
  }

  /** It can't answer any more. */
  ended(): void {
    for (const number of this.#pending.keys()) this.#settle(number, undefined);
  }

  #settle(number: number, answer: WorkerAnswers[Question] | undefined): void {
    const pending = this.#pending.get(number);
    if (pending === undefined) return;
    this.#pending.delete(number);
    clearTimeout(pending.timer);
    pending.resolve(answer);
  }
}
