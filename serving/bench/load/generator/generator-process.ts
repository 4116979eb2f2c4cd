import { Agent, request } from 'node:http';
import { arrivalsOf } from './arrivals.js';
import { NO_ANSWER, type Generated, type Plan, type Samples, type Stream } from './plan.js';
import { SampleLog } from './sample-log.js';

/** Timers are a millisecond late; what is due earlier than this is waited for otherwise. */
const TIMER_MS = 2;
const NAP_MS = 0.2;
/** How often it is looked whether the end has come. */
const LAP_MS = 20;

const nap = new Int32Array(new SharedArrayBuffer(4));

/** Runs the one plan that the parent sends, until its end or the word `stop`, and answers with what happened. */
process.once('message', (plan: Plan) => {
  const load = new Load(plan);
  process.on('message', () => {
    load.stop();
  });
  void load.run().then((generated) => {
    process.send!(generated, () => {
      process.disconnect();
      process.exit(0);
    });
  });
});
process.once('disconnect', () => process.exit(0));

class Load {
  readonly #plan: Plan;
  readonly #startedAt = performance.now();
  readonly #senders: readonly Sender[];
  #endMs: number;
  #largestLagMs = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#endMs = plan.durationMs;
    this.#senders = plan.streams.map((stream) => new Sender(stream, plan.port, () => this.#now()));
  }

  stop(): void {
    this.#endMs = Math.min(this.#endMs, this.#now());
  }

  async run(): Promise<Generated> {
    const closedLoops = this.#senders.map((sender) => sender.loop());
    await this.#sendOnTime();
    await until(() => this.#isOver());
    const drained = this.#now() + this.#plan.drainMs;
    for (const sender of this.#senders) sender.finish();
    await until(() => this.#now() >= drained || this.#senders.every(({ log }) => log.open === 0));
    const streams = this.#senders.map((sender) => sender.close());
    await Promise.all(closedLoops);
    return {
      streams,
      startedAtMs: performance.timeOrigin + this.#startedAt,
      largestLagMs: this.#largestLagMs,
    };
  }

  async #sendOnTime(): Promise<void> {
    for (const { dueMs, stream } of arrivalsOf(this.#plan)) {
      for (let waitMs = dueMs - this.#now(); waitMs > 0; waitMs = dueMs - this.#now()) {
        await this.#wait(waitMs);
        if (this.#isOver()) return;
      }
      this.#largestLagMs = Math.max(this.#largestLagMs, this.#now() - dueMs);
      this.#senders[stream]!.send(dueMs);
    }
  }

  /** Not longer than that, as a rule; answers are read meanwhile. */
  async #wait(ms: number): Promise<void> {
    if (ms > TIMER_MS) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(ms - TIMER_MS, LAP_MS)));
      return;
    }
    // Spinning would take a core from the server; a timer would be late by as much as a request takes.
    Atomics.wait(nap, 0, 0, Math.min(ms, NAP_MS));
    await new Promise((resolve) => setImmediate(resolve));
  }

  #now(): number {
    return performance.now() - this.#startedAt;
  }

  #isOver(): boolean {
    return this.#now() >= this.#endMs;
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, LAP_MS));
}

/** One client: its connections, and what became of its requests. */
class Sender {
  readonly log: SampleLog;
  readonly #agent: Agent;
  #turn = 0;
  #finished = false;

  constructor(
    readonly stream: Stream,
    readonly port: number,
    readonly now: () => number,
  ) {
    this.log = new SampleLog(stream.name);
    this.#agent = new Agent({ keepAlive: true, scheduling: 'lifo' });
  }

  send(dueMs: number): void {
    void this.#ask(dueMs);
  }

  /** Keeps the connections of a closed loop busy. */
  async loop(): Promise<void> {
    const { pace } = this.stream;
    if (pace.kind === 'open') return;
    const connection = async () => {
      while (!this.#finished) await this.#ask(this.now());
    };
    await Promise.all(Array.from({ length: pace.connections }, connection));
  }

  /** No more requests. */
  finish(): void {
    this.#finished = true;
  }

  close(): Samples {
    const samples = this.log.close(this.now());
    this.#agent.destroy();
    return samples;
  }

  /** Resolves when the request has ended, one way or the other. */
  #ask(dueMs: number): Promise<void> {
    const sample = this.log.start(dueMs);
    const { method, path, headers, bodies, from } = this.stream;
    const body = bodies?.[this.#turn++ % bodies.length];
    return new Promise((resolve) => {
      const end = (status: number) => {
        this.log.end(sample, this.now(), status);
        resolve();
      };
      const outgoing = request(
        {
          host: '127.0.0.1',
          port: this.port,
          method,
          path,
          agent: this.#agent,
          ...(from !== undefined && { localAddress: from }),
          headers: {
            ...headers,
            ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
          },
        },
        (response) => {
          response.resume();
          response.on('end', () => {
            end(response.statusCode ?? NO_ANSWER);
          });
          response.on('error', () => {
            end(NO_ANSWER);
          });
        },
      );
      outgoing.on('error', () => {
        end(NO_ANSWER);
      });
      outgoing.end(body);
    });
  }
}
