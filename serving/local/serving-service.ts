import { mkdirSync } from 'node:fs';
import axios from 'axios';
import type { ScrapeTarget } from './monitoring/scrape-targets.js';
import type { Command } from './process-table.js';
import type { Secrets } from './secrets.js';
import { inheritedEnvironment, type Service } from './service.js';
import type { Settings } from './settings.js';

/** One replica of the serving tier. It runs without a champion too, and is then live but not ready. */
export class ServingService implements Service {
  readonly name = 'serving';
  readonly url: string;
  readonly scrape: ScrapeTarget;

  constructor(
    private readonly settings: Settings,
    private readonly secrets: Secrets,
  ) {
    this.url = settings.urls.serving;
    this.scrape = { job: 'serving', port: settings.ports.management };
  }

  prepare(): void {
    mkdirSync(this.settings.artifactCacheDir, { recursive: true });
    mkdirSync(this.settings.feedbackDir, { recursive: true });
  }

  command(): Command {
    const { settings, secrets } = this;
    return {
      file: process.execPath,
      args: ['--enable-source-maps', settings.servingMain],
      cwd: settings.stateDir,
      env: {
        ...inheritedEnvironment(),
        NODE_ENV: 'production',
        MLFLOW_TRACKING_URI: settings.urls.mlflow,
        MODEL_NAME: settings.modelName,
        MODEL_ALIAS: settings.modelAlias,
        HOST: '127.0.0.1',
        PORT: String(settings.ports.serving),
        GRPC_PORT: String(settings.ports.grpc),
        MANAGEMENT_HOST: '127.0.0.1',
        MANAGEMENT_PORT: String(settings.ports.management),
        POLL_INTERVAL_SECONDS: String(settings.pollIntervalSeconds),
        ARTIFACT_CACHE_DIR: settings.artifactCacheDir,
        ...settings.handedOn.serving,
        PREDICTION_LOG: 'file',
        PREDICTION_LOG_DIR: settings.feedbackDir,
        MLFLOW_WEBHOOK_SECRET: secrets.mlflowWebhookSecret,
        ADMIN_TOKEN: secrets.servingAdminToken,
      },
    };
  }

  async missing(): Promise<string | undefined> {
    const response = await axios.get(`${this.settings.urls.management}/health/live`, {
      timeout: 2000,
      proxy: false,
    });
    return response.status === 200 ? undefined : `health answers ${response.status}`;
  }
}
