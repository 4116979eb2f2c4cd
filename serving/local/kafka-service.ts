import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { PlatformFailure } from './failure.js';
import type { ScrapeTarget } from './monitoring/scrape-targets.js';
import type { Command } from './process-table.js';
import { inheritedEnvironment, type Service } from './service.js';
import type { Settings } from './settings.js';

const TOPICS = ['credit-applications', 'credit-scores', 'credit-applications-dead-letter'];
const PARTITIONS = 6;
const TIMEOUT_MS = 2_000;

/** A real Kafka broker of one node, with the topics of the stream. */
export class KafkaService implements Service {
  readonly name = 'kafka';
  readonly url: string;
  readonly scrape: ScrapeTarget;

  constructor(private readonly settings: Settings) {
    this.url = `127.0.0.1:${settings.ports.kafka}`;
    this.scrape = { job: 'kafka', port: settings.ports.kafkaMetrics };
  }

  prepare(): void {
    if (this.settings.kafkaLibs === undefined || !existsSync(this.settings.kafkaLibs)) {
      throw new PlatformFailure(
        'There is no Kafka broker: Java 17 and Maven (java, mvn on the PATH) are needed to install one.',
        'Install both, then `make kafka-up` again.',
      );
    }
    mkdirSync(this.settings.kafkaDir, { recursive: true });
  }

  command(): Command {
    const { projectDir, kafkaLibs, kafkaDir, ports } = this.settings;
    return {
      file: path.join(projectDir, 'serving', 'local', 'kafka', 'run-broker.sh'),
      args: [kafkaLibs ?? '', kafkaDir, String(ports.kafka), String(ports.kafkaController)],
      cwd: kafkaDir,
      env: {
        ...inheritedEnvironment(),
        KAFKA_METRICS_PORT: String(ports.kafkaMetrics),
        KAFKA_METRICS_RULES: path.join(projectDir, 'monitoring', 'prometheus', 'kafka-jmx.yaml'),
      },
    };
  }

  async missing(): Promise<string | undefined> {
    const admin = new Kafka({
      brokers: [this.url],
      logLevel: logLevel.NOTHING,
      connectionTimeout: TIMEOUT_MS,
      requestTimeout: TIMEOUT_MS,
      retry: { retries: 0 },
    }).admin();
    try {
      await admin.connect();
      const there = new Set(await admin.listTopics());
      const topics = TOPICS.filter((topic) => !there.has(topic));
      if (topics.length === 0) return undefined;
      await admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: PARTITIONS })) });
      return `the topics ${topics.join(', ')}`;
    } finally {
      await admin.disconnect();
    }
  }
}
