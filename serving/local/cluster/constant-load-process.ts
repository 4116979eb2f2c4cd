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

/** A request that is due, or was. */
interface Due {
  readonly at: number;
  readonly body: string;
}

class Sender {
  readonly #plan: LoadPlan;
  readonly #connections: readonly Connection[];
  /** Those that wait for a request, the one that has waited longest first. */
  readonly #free: Connection[];
  /** Those that wait for a connection. */
  readonly #queue: Due[] = [];
  readonly #gapMs: number;
  readonly #telling: NodeJS.Timeout;
  #ended: RequestRecord[] = [];
  #startedAt = 0;
  #sent = 0;
  #largestLagMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #whenIdle: (() => void) | undefined;

  constructor(plan: LoadPlan) {
    this.#plan = plan;
    this.#gapMs = 1_000 / plan.ratePerSecond;
    this.#connections = Array.from({ length: plan.connections }, () => new Connection(plan));
    this.#free = [...this.#connections];
    this.#telling = setInterval(() => {
      this.#tell();
    }, TELL_MS);
  }

  start(): void {
    this.#startedAt = moment();
    this.#takeWhatIsDue();
  }

  async stop(): Promise<LoadMessage> {
    clearTimeout(this.#timer);
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
      this.#send();
    });
    clearInterval(this.#telling);
    this.#tell();
    const opened = this.#connections.reduce((sum, connection) => sum + connection.opened, 0);
    for (const connection of this.#connections) connection.close();
    return { kind: 'ended', opened, largestLagMs: this.#largestLagMs };
  }

  #takeWhatIsDue(): void {
    const now = moment();
    // Counted from the start, so that lateness does not add up.
    const next = (): number => this.#startedAt + this.#sent * this.#gapMs;
    for (let at = next(); at <= now; at = next()) {
      this.#largestLagMs = Math.max(this.#largestLagMs, now - at);
      this.#queue.push({ at, body: this.#plan.bodies[this.#sent % this.#plan.bodies.length]! });
      this.#sent += 1;
    }
    this.#send();
    this.#timer = setTimeout(() => {
      this.#takeWhatIsDue();
    }, next() - now);
  }

  #send(): void {
    while (this.#queue.length > 0 && this.#free.length > 0) {
      const connection = this.#free.shift()!;
      void connection.ask(this.#queue.shift()!).then((record) => {
        this.#ended.push(record);
        this.#free.push(connection);
        this.#send();
      });
    }
    if (this.#free.length === this.#connections.length) this.#whenIdle?.();
  }

  #tell(): void {
    if (this.#ended.length === 0) return;
    tell({ kind: 'records', records: this.#ended });
    this.#ended = [];
  }
}

/** Of one request at a time; opened anew when it was closed. */
class Connection {
  readonly #plan: LoadPlan;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #socket: Socket | undefined;
  opened = 0;

  constructor(plan: LoadPlan) {
    this.#plan = plan;
  }

  async ask({ at, body }: Due): Promise<RequestRecord> {
    let answer: IncomingMessage | undefined;
    let failure: string | undefined;
    try {
      answer = await this.#post(body, at + this.#plan.timeoutMs - moment());
      const content = await text(answer);
      if (!isSuccess(answer.statusCode))
        failure = `status ${answer.statusCode!}: ${content.slice(0, BODY_CHARACTERS)}`;
    } catch (error) {
      failure = `${answer === undefined ? 'no answer' : 'half an answer'}: ${describe(error)}`;
    }
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
  #post(body: string, remainingMs: number): Promise<IncomingMessage> {
    const { url, headers, timeoutMs } = this.#plan;
    if (remainingMs <= 0) throw new Error(`no connection was free within ${timeoutMs} ms`);
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
      }, remainingMs);
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
