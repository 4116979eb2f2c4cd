import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PlatformFailure } from '../failure.js';
import { reportOf, type LoadPlan, type LoadReport, type RequestRecord } from './load-report.js';

/** What the process that sends tells. */
export type LoadMessage =
  /** From now on requests are due. */
  | { readonly kind: 'started' }
  /** Requests that have ended since the last of these. */
  | { readonly kind: 'records'; readonly records: readonly RequestRecord[] }
  /** Every request has ended. */
  | { readonly kind: 'ended'; readonly opened: number; readonly largestLagMs: number };

export interface WholeLoadReport extends LoadReport {
  /** More than the plan's are those that somebody closed in between. */
  readonly connectionsOpened: number;
  /** By how much the sender itself was late with a request, at worst. It counts as latency. */
  readonly largestLagMs: number;
}

/** As this file is, TypeScript or compiled. */
const EXTENSION = path.extname(fileURLToPath(import.meta.url));

/**
 * Well-behaved clients that ask at a constant rate over connections that they keep, whatever happens to those who
 * answer. Open loop: a request is due when it is due, and waits for no answer but that of its own connection. They
 * live in a process of their own, so that nothing that is done meanwhile makes a request late. Nothing is tried again:
 * what the first client in a row would have seen is what counts.
 */
export class ConstantLoad {
  readonly #sender: ChildProcess;
  readonly #records: RequestRecord[] = [];
  readonly #started: Promise<void>;
  readonly #ended: Promise<Extract<LoadMessage, { kind: 'ended' }>>;
  readonly #kill = () => this.#sender.kill('SIGKILL');
  #report: Promise<WholeLoadReport> | undefined;

  private constructor(plan: LoadPlan) {
    this.#sender = fork(new URL(`./constant-load-process${EXTENSION}`, import.meta.url), [], {
      execArgv: EXTENSION === '.ts' ? ['--import', 'tsx'] : [],
      // Ctrl-C is for whoever started it, who stops the load when it is time.
      detached: true,
    });
    process.once('exit', this.#kill);
    const gone = once(this.#sender, 'exit').then(() => {
      throw new PlatformFailure('The process that sends the load ended in the middle.');
    });
    const told = <K extends LoadMessage['kind']>(kind: K): Promise<Extract<LoadMessage, { kind: K }>> =>
      Promise.race([
        new Promise<Extract<LoadMessage, { kind: K }>>((resolve) => {
          this.#sender.on('message', (message: LoadMessage) => {
            if (message.kind === kind) resolve(message as Extract<LoadMessage, { kind: K }>);
          });
        }),
        gone,
      ]);
    this.#sender.on('message', (message: LoadMessage) => {
      if (message.kind === 'records') this.#records.push(...message.records);
    });
    this.#started = told('started').then(() => undefined);
    this.#ended = told('ended');
    // Who waits for it gets the error.
    this.#ended.catch(() => undefined);
    this.#tell(plan);
  }

  /** Resolves when the first request is due. */
  static async start(plan: LoadPlan): Promise<ConstantLoad> {
    const load = new ConstantLoad(plan);
    await load.#started;
    return load;
  }

  /** Of the process that sends. */
  get pid(): number {
    return this.#sender.pid!;
  }

  /** Of requests that have ended so far, as they ended; those of the last fraction of a second may be missing. */
  get records(): readonly RequestRecord[] {
    return this.#records;
  }

  /** Sends no more, and waits for the end of what is under way: an answer counts as one, and its lack too. */
  stop(): Promise<WholeLoadReport> {
    this.#report ??= this.#stop();
    return this.#report;
  }

  /** It may have ended by itself, a moment ago even, so that nobody reads this: `ended` says so, and nothing else. */
  #tell(message: LoadPlan | 'stop'): void {
    this.#sender.send(message, () => undefined);
  }

  async #stop(): Promise<WholeLoadReport> {
    if (this.#sender.connected) this.#tell('stop');
    const { opened, largestLagMs } = await this.#ended;
    process.off('exit', this.#kill);
    return { ...reportOf(this.#records), connectionsOpened: opened, largestLagMs };
  }
}

/** This moment as records have it. */
export function moment(): number {
  return performance.timeOrigin + performance.now();
}
