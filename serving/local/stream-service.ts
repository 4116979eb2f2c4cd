import { mkdirSync } from 'node:fs';
import axios from 'axios';
import type { ScrapeTarget } from './monitoring/scrape-targets.js';
import type { Command } from './process-table.js';
import { inheritedEnvironment, type Service } from './service.js';
import type { Settings } from './settings.js';

/** Scores what is in Kafka by asking the platform's tier. */
export class StreamService implements Service {
  readonly name = 'stream';
  readonly url: string;
  readonly scrape: ScrapeTarget;

  constructor(private readonly settings: Settings) {
    this.url = `http://127.0.0.1:${settings.ports.stream}`;
    this.scrape = { job: 'stream', port: settings.ports.stream };
  }

  prepare(): void {
    mkdirSync(this.settings.stateDir, { recursive: true });
  }

  command(): Command {
    const { settings } = this;
    return {
      file: process.execPath,
      args: ['--enable-source-maps', settings.streamMain],
      cwd: settings.stateDir,
      env: {
        ...inheritedEnvironment(),
        ...settings.handedOn.stream,
        NODE_ENV: 'production',
        KAFKA_BROKERS: `127.0.0.1:${settings.ports.kafka}`,
        STREAM_TIER_URL: settings.urls.serving,
        STREAM_PORT: String(settings.ports.stream),
      },
    };
  }

  async missing(): Promise<string | undefined> {
    const { status } = await axios.get(`${this.url}/health/ready`, {
      timeout: 2_000,
      proxy: false,
      validateStatus: () => true,
    });
    return status === 200 ? undefined : 'its share of the topic';
  }
}
