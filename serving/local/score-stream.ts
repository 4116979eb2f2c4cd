import { randomUUID } from 'node:crypto';
import { Kafka, logLevel, type Message } from 'kafkajs';
import { readReplica } from '../src/promotion/fleet.js';
import { bold, print } from './console.js';
import { PlatformFailure } from './failure.js';
import type { Platform } from './platform.js';
import { sampleRow } from './sample-row.js';
import { waitUntil } from './wait-until.js';

const APPLICATIONS = 5;
const TIMEOUT_MS = 30_000;

/** Sends some applications and one that is none, and shows what comes of them. */
export async function scoreStream({ settings, processes }: Platform): Promise<void> {
  if (!processes.running('stream')) {
    throw new PlatformFailure('The stream does not run.', 'Run `make up`, then `make kafka-up`.');
  }
  const { status, error } = await readReplica(settings.urls.management);
  const available = status?.available;
  if (available === undefined || available === null) {
    throw new PlatformFailure(`No version is available: ${error ?? 'none is loaded'}.`, 'Run `make up`.');
  }
  const run = randomUUID().slice(0, 8);
  const row = JSON.stringify(sampleRow(settings.artifactCacheDir, available.digest));
  const messages = [
    ...Array.from({ length: APPLICATIONS }, (_, i) => ({ key: `demo-${run}-${i}`, value: row })),
    { key: `demo-${run}-broken`, value: '{"LIMIT_BAL":' },
  ];
  const kafka = new Kafka({ brokers: [`127.0.0.1:${settings.ports.kafka}`], logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `score-stream-${run}`, maxWaitTimeInMs: 100 });
  const producer = kafka.producer();
  const results = new Map<string, string>();
  try {
    await consumer.connect();
    await consumer.subscribe({
      topics: ['credit-scores', 'credit-applications-dead-letter'],
      fromBeginning: true,
    });
    await consumer.run({
      eachMessage: ({ message }) => {
        const key = message.key?.toString() ?? '';
        if (key.startsWith(`demo-${run}-`)) results.set(key, describe(message));
        return Promise.resolve();
      },
    });
    await producer.connect();
    await producer.send({ topic: 'credit-applications', messages, acks: -1 });
    await waitUntil(() => (results.size === messages.length ? true : undefined), {
      what: `${messages.length} results`,
      timeoutMs: TIMEOUT_MS,
      intervalMs: 50,
      remedy: 'See `make logs SERVICE=stream`.',
    });
  } finally {
    await producer.disconnect();
    await consumer.disconnect();
  }
  for (const { key } of messages) print(`${bold(key)}  ${results.get(key) ?? ''}`);
}

function describe({ value, headers }: Message): string {
  const { reason, detail } = headers ?? {};
  if (reason === undefined) return String(value);
  return `dead letter, ${String(reason)}: ${String(detail)}`;
}
