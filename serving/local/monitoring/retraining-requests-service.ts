import path from 'node:path';
import axios from 'axios';
import type { Command } from '../process-table.js';
import type { Secrets } from '../secrets.js';
import { inheritedEnvironment, type Service } from '../service.js';
import type { Settings } from '../settings.js';
import type { ScrapeTarget } from './scrape-targets.js';

/** Turns alerts of a model into events of Airflow. It works without Airflow too: Alertmanager then tries again. */
export class RetrainingRequestsService implements Service {
  readonly name = 'retraining-requests';
  readonly url: string;
  readonly scrape: ScrapeTarget;

  constructor(
    private readonly settings: Settings,
    private readonly secrets: Secrets,
  ) {
    this.url = settings.urls.retrainingRequests;
    this.scrape = { job: 'retraining-requests', port: settings.ports.retrainingRequests };
  }

  prepare(): void {
    // It keeps nothing.
  }

  command(): Command {
    const { settings, secrets } = this;
    return {
      file: process.execPath,
      args: [
        '--enable-source-maps',
        path.join(settings.projectDir, 'serving', 'dist', 'src', 'retraining-requests', 'main.js'),
      ],
      cwd: settings.stateDir,
      env: {
        ...inheritedEnvironment(),
        NODE_ENV: 'production',
        AIRFLOW_URL: settings.urls.airflow,
        AIRFLOW_USERNAME: 'admin',
        AIRFLOW_PASSWORD: secrets.airflowPassword,
        RETRAINING_REQUEST_TOKEN: secrets.retrainingRequestToken,
        RETRAINING_REQUESTS_PORT: String(settings.ports.retrainingRequests),
      },
    };
  }

  async missing(): Promise<string | undefined> {
    const { status } = await axios.get(`${this.url}/health/ready`, { timeout: 2000, proxy: false });
    return status === 200 ? undefined : `health answers ${status}`;
  }
}
