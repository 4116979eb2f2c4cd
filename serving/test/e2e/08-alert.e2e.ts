import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { expect } from 'chai';
import { waitUntil } from '../../local/wait-until.js';
import { freePorts } from '../support/free-ports.js';
import { httpRequest } from '../support/http-request.js';
import { platform } from './platform.js';

const TOKEN = 'a-token-that-only-alertmanager-knows';
const NOTIFICATION = {
  version: '4',
  status: 'firing',
  groupKey: '{}:{alertname="QualityDrop"}',
  alerts: [
    {
      status: 'firing',
      labels: { alertname: 'QualityDrop' },
      annotations: { summary: 'AUC is below the holdout' },
      startsAt: '2026-11-21T10:00:00Z',
    },
  ],
};

describe('an alert that asks for a retraining', () => {
  const { settings, parts } = platform;
  const { dagId } = settings;
  const api = parts.airflowApi;
  let requests: ChildProcess;
  let port: number;

  before('the process that Alertmanager calls', async () => {
    port = (await freePorts(1))[0]!;
    requests = spawn(
      process.execPath,
      [path.join(settings.projectDir, 'serving/dist/src/retraining-requests/main.js')],
      {
        stdio: 'ignore',
        env: {
          PATH: process.env['PATH'],
          AIRFLOW_URL: settings.urls.airflow,
          AIRFLOW_PASSWORD: parts.secrets.airflowPassword,
          RETRAINING_REQUEST_TOKEN: TOKEN,
          RETRAINING_REQUESTS_PORT: String(port),
        },
      },
    );
    await waitUntil(
      async () => ((await httpRequest({ port, path: '/health/live' })).status === 200 ? true : undefined),
      { what: 'the process that Alertmanager calls', timeoutMs: 300_000 },
    );
  });
  after(async () => {
    const ended = once(requests, 'exit');
    requests.kill();
    await ended;
  });

  async function notify(): Promise<unknown> {
    const { status, json } = await httpRequest({
      port,
      path: '/webhooks/alertmanager',
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify(NOTIFICATION),
    });
    return [status, (json as { requested: boolean }).requested];
  }

  it('starts a run that nobody triggered, once', async () => {
    expect(await notify()).to.deep.equal([202, true]);
    const run = await waitUntil(async () => api.activeRun(dagId), { what: 'the run', timeoutMs: 300_000 });
    expect(run.dag_run_id).to.match(/^asset_triggered__/);

    // Alertmanager repeats itself for as long as the alert is firing.
    expect(await notify()).to.deep.equal([200, false]);
    await api.endRun(dagId, run.dag_run_id);
  });
});
