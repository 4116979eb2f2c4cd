import { Agent, request, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { moment, type LoadMessage } from './constant-load.js';
import type { LoadPlan, RequestRecord } from './load-report.js';

/** How often the parent hears of what has ended. */
const TELL_MS = 100;
/** Of the body of a refusal, to tell whose it is. */
const BODY_CHARACTERS = 200;

/** Sends what the parent plans until its word `stop`, then waits for every answer, and says so. */
process.once('message', (plan: LoadPlan) => {
  const sender = new Sender(plan);
  process.once('message', () => {
    void sender.stop().then((message) => {
      process.send!(message, () => {
        process.disconnect();
      });
    });
  });
  tell({ kind: 'started' });
  sender.start();
});
process.once('disconnect', () => process.exit(0));

function tell(message: LoadMessage): void {
  process.send!(message);
}

class Sender {
  readonly #plan: LoadPlan;
  readonly #connections: readonly Connection[];
  readonly #gapMs: number;
  readonly #open = new Set<Promise<void>>();
  readonly #telling: NodeJS.Timeout;
  #ended: RequestRecord[] = [];
  #startedAt = 0;
  #sent = 0;
  #largestLagMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(plan: LoadPlan) {
    this.#plan = plan;
    this.#gapMs = 1_000 / plan.ratePerSecond;
    this.#connections = Array.from({ length: plan.connections }, () => new Connection(plan));
    this.#telling = setInterval(() => {
      this.#tell();
    }, TELL_MS);
  }

  start(): void {
    this.#startedAt = moment();
    this.#sendWhatIsDue();
  }

  async stop(): Promise<LoadMessage> {
    clearTimeout(this.#timer);
    await Promise.all(this.#open);
    clearInterval(this.#telling);
    this.#tell();
    const opened = this.#connections.reduce((sum, connection) => sum + connection.opened, 0);
    for (const connection of this.#connections) connection.close();
    return { kind: 'ended', opened, largestLagMs: this.#largestLagMs };
  }

  #sendWhatIsDue(): void {
    const now = moment();
    let due = this.#dueAt();
    for (; due <= now; due = this.#dueAt()) {
      this.#largestLagMs = Math.max(this.#largestLagMs, now - due);
      this.#send(due);
    }
    this.#timer = setTimeout(() => {
      this.#sendWhatIsDue();
    }, due - now);
  }

  /** Of the next request; counted from the start, so that lateness does not add up. */
  #dueAt(): number {
    return this.#startedAt + this.#sent * this.#gapMs;
  }

  #send(at: number): void {
    const body = this.#plan.bodies[this.#sent % this.#plan.bodies.length]!;
    const connection = this.#nextConnection();
    this.#sent += 1;
    const sending = connection.ask(at, body).then((record) => {
      this.#open.delete(sending);
      this.#ended.push(record);
    });
    this.#open.add(sending);
  }

  /** Each in its turn; one that waits for an answer is passed over as long as another is free. */
  #nextConnection(): Connection {
    const { length } = this.#connections;
    for (let i = 0; i < length; i += 1) {
      const connection = this.#connections[(this.#sent + i) % length]!;
      if (connection.isFree) return connection;
    }
    return this.#connections[this.#sent % length]!;
  }

  #tell(): void {
    if (this.#ended.length === 0) return;
    tell({ kind: 'records', records: this.#ended });
    this.#ended = [];
  }
}

/** One at a time; the next one is opened when it was closed. */
class Connection {
  readonly #plan: LoadPlan;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #socket: Socket | undefined;
  #waiting = 0;
  opened = 0;

  constructor(plan: LoadPlan) {
    this.#plan = plan;
  }

  get isFree(): boolean {
    return this.#waiting === 0;
  }

  async ask(at: number, body: string): Promise<RequestRecord> {
    this.#waiting += 1;
    let answer: IncomingMessage | undefined;
    let failure: string | undefined;
    try {
      answer = await this.#post(body);
      const content = await text(answer);
      if (!isSuccess(answer.statusCode))
        failure = `status ${answer.statusCode!}: ${content.slice(0, BODY_CHARACTERS)}`;
    } catch (error) {
      failure = `${answer === undefined ? 'no answer' : 'half an answer'}: ${describe(error)}`;
    }
    this.#waiting -= 1;
    const header = (name: string): string | undefined => answer?.headers[name]?.toString();
    return told({
      at,
      ms: moment() - at,
      status: answer?.statusCode,
      failure,
      version: header('x-model-version'),
      digest: header('x-model-digest'),
      track: header('x-track'),
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Resolves with the head of the answer. */
  #post(body: string): Promise<IncomingMessage> {
    const { url, headers, timeoutMs } = this.#plan;
    return new Promise((resolve, reject) => {
      const outgoing = request(url, {
        method: 'POST',
        agent: this.#agent,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          ...headers,
        },
      });
      // Of all of it: a socket's own time-out starts anew with each byte.
      const timer = setTimeout(() => {
        outgoing.destroy(new Error(`nothing within ${timeoutMs} ms`));
      }, timeoutMs);
      outgoing.once('close', () => {
        clearTimeout(timer);
      });
      let wasKept = false;
      outgoing.once('socket', (socket) => {
        // Node's own `reusedSocket` is false for a request that waited for its connection.
        wasKept = socket === this.#socket;
        if (!wasKept) this.opened += 1;
        this.#socket = socket;
      });
      outgoing.once('response', resolve);
      outgoing.once('error', (error) => {
        reject(wasKept ? new Error('on a connection that was kept', { cause: error }) : error);
      });
      outgoing.end(body);
    });
  }
}

function isSuccess(status = 0): boolean {
  return status >= 200 && status < 300;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${describe(error.cause)} ${error.message}`;
}

type Found = { readonly [K in keyof RequestRecord]: RequestRecord[K] | undefined };

/** Without what is not known: there are many of these. */
function told(found: Found): RequestRecord {
  return Object.fromEntries(
    Object.entries(found).filter(([, value]) => value !== undefined),
  ) as unknown as RequestRecord;
}
