import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Kafka, logLevel } from 'kafkajs';
import { eventually } from './eventually.js';
import { freePorts } from './free-ports.js';
import { temporaryDirectory } from './temporary-directory.js';

/** For hooks that wait for the broker: seconds, on a busy machine many. */
export const KAFKA_TIMEOUT_MS = 120_000;

const RUN_BROKER = fileURLToPath(new URL('../../local/kafka/run-broker.sh', import.meta.url));
/** As in mlflow-server.ts: the broker ends with this process, however this process ends. */
const UNTIL_PIPE_CLOSES = '"$@" < /dev/null & cat > /dev/null; kill -KILL 0';

/** Why there is no broker to test with; undefined where there is one. */
export function whyNoKafka(): string | undefined {
  const libs = process.env['KAFKA_LIBS'] ?? '';
  return existsSync(libs) ? undefined : 'no Kafka broker: Java 17 and Maven are needed to install one';
}

/** A real Kafka broker of one node with data of its own. */
export class KafkaBroker {
  readonly #directory = temporaryDirectory();
  readonly #port: number;
  readonly #controllerPort: number;
  #group: ChildProcess | undefined;

  private constructor(port: number, controllerPort: number) {
    this.#port = port;
    this.#controllerPort = controllerPort;
  }

  /** Chooses where it will be, so that others can be told before it is started. */
  static async create(): Promise<KafkaBroker> {
    const [port, controllerPort] = await freePorts(2);
    return new KafkaBroker(port!, controllerPort!);
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Starts it unless it runs, on the data that it has if it ran before. Resolves when it answers. */
  async ensureRunning(): Promise<void> {
    if (this.#group !== undefined) return;
    const log = openSync(join(this.#directory, 'broker.log'), 'a');
    const ports = [String(this.#port), String(this.#controllerPort)];
    const command = [RUN_BROKER, process.env['KAFKA_LIBS'] ?? '', this.#directory, ...ports];
    const group = spawn('bash', ['-c', UNTIL_PIPE_CLOSES, 'bash', ...command], {
      detached: true,
      stdio: ['pipe', log, log],
    });
    this.#group = group;
    // This process does not wait for one that nobody ends.
    group.unref();
    (group.stdin as Socket).unref();
    const admin = new Kafka({
      brokers: [this.address],
      logLevel: logLevel.NOTHING,
      retry: { retries: 0 },
    }).admin();
    try {
      await eventually(async () => {
        if (group.exitCode !== null) throw new Error(`Kafka ended; see ${this.#directory}/broker.log`);
        await admin.connect();
        const { brokers } = await admin.describeCluster();
        if (brokers.length !== 1) throw new Error(`the cluster has ${brokers.length} brokers`);
      }, KAFKA_TIMEOUT_MS);
    } finally {
      await admin.disconnect();
    }
  }

  /** Ends it at once, as a machine that fails does. */
  async kill(): Promise<void> {
    const group = this.#group;
    if (group === undefined) return;
    this.#group = undefined;
    // It may have ended by itself, and then it does not do so again.
    if (group.exitCode !== null || group.signalCode !== null) return;
    const ended = once(group, 'exit');
    group.stdin!.end();
    await ended;
  }
}
