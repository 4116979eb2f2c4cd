import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import axios from 'axios';
import type { ScrapeTarget } from './monitoring/scrape-targets.js';
import type { Command } from './process-table.js';
import type { Secrets } from './secrets.js';
import { inheritedEnvironment, type Service } from './service.js';
import type { Settings } from './settings.js';

/** The tracking server and model registry: SQLite, artifacts proxied from a folder. */
export class MlflowService implements Service {
  readonly name = 'mlflow';
  readonly url: string;
  readonly scrape: ScrapeTarget;
  private readonly metricsDir: string;

  constructor(
    private readonly settings: Settings,
    private readonly secrets: Secrets,
  ) {
    this.url = settings.urls.mlflow;
    this.scrape = { job: 'mlflow', port: settings.ports.mlflow };
    this.metricsDir = path.join(settings.mlflowDir, 'metrics');
  }

  prepare(): void {
    mkdirSync(path.join(this.settings.mlflowDir, 'artifacts'), { recursive: true });
    // Files of workers that are gone, which would be summed up for ever.
    rmSync(this.metricsDir, { recursive: true, force: true });
  }

  command(): Command {
    const { settings, secrets } = this;
    return {
      file: settings.trainingPython,
      args: [
        ...['-m', 'mlflow', 'server'],
        ...['--backend-store-uri', `sqlite:///${path.join(settings.mlflowDir, 'mlflow.db')}`],
        ...['--artifacts-destination', path.join(settings.mlflowDir, 'artifacts')],
        '--serve-artifacts',
        ...['--host', '127.0.0.1', '--port', String(settings.ports.mlflow)],
        // SQLite has one writer; two workers keep a long artifact transfer from blocking the registry.
        ...['--workers', '2'],
        // Where the workers put down their metrics, so that any of them can tell the sum.
        ...['--expose-prometheus', this.metricsDir],
      ],
      cwd: settings.mlflowDir,
      env: {
        ...inheritedEnvironment(),
        PYTHONUNBUFFERED: '1',
        // Saves eight idle processes of 256 MB each.
        MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
        // Serving listens on http and a loopback address, both of which webhooks refuse unless told.
        MLFLOW_WEBHOOK_ALLOWED_SCHEMES: 'http,https',
        MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS: 'true',
        MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY: secrets.mlflowWebhookEncryptionKey,
        MLFLOW_DISABLE_TELEMETRY: 'true',
      },
    };
  }

  async missing(): Promise<string | undefined> {
    const response = await axios.get(`${this.url}/health`, { timeout: 2000 });
    return response.status === 200 ? undefined : `health answers ${response.status}`;
  }
}
