import { expect } from 'chai';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { listen, type RunningServer } from '../../../src/api/http-server.js';
import { RequestMetrics } from '../../../src/metrics/requests.js';
import { AirflowError } from '../../../src/retraining-requests/airflow-assets.js';
import type { RetrainingCause } from '../../../src/retraining-requests/alert-notification.js';
import { requestsApp } from '../../../src/retraining-requests/requests-app.js';
import { httpRequest } from '../../support/http-request.js';

const TOKEN = 'a-token-of-some-length';
const firing = {
  version: '4',
  status: 'firing',
  alerts: [{ status: 'firing', labels: { alertname: 'QualityDrop' }, startsAt: '2026-11-21T10:00:00Z' }],
};

describe('the webhook that alerts call', () => {
  const asked: RetrainingCause[] = [];
  let failure: Error | undefined;
  let requested = true;
  let server: RunningServer;

  before(async () => {
    const registry = new Registry();
    const context = {
      champion: () => undefined,
      metrics: new RequestMetrics(registry),
      log: pino({ level: 'silent' }),
    };
    const app = requestsApp(context, {
      token: TOKEN,
      registry,
      request: (cause) => {
        asked.push(cause);
        if (failure !== undefined) return Promise.reject(failure);
        return Promise.resolve({ requested, reason: 'because' });
      },
    });
    server = await listen(app, '127.0.0.1', 0);
  });
  after(() => server.close(0));
  beforeEach(() => {
    asked.length = 0;
    failure = undefined;
    requested = true;
  });

  async function post(body: string, token = TOKEN) {
    const answer = await httpRequest({
      port: server.port,
      path: '/webhooks/alertmanager',
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body,
    });
    return { status: answer.status, body: answer.json as Record<string, unknown> };
  }

  it('asks for a retraining when an alert is firing', async () => {
    const { status, body } = await post(JSON.stringify(firing));
    expect([status, body['requested']]).to.deep.equal([202, true]);
    expect(asked[0]?.cause).to.equal('QualityDrop since 2026-11-21T10:00:00Z');
  });

  it('says when one was asked for already', async () => {
    requested = false;
    const { status, body } = await post(JSON.stringify(firing));
    expect([status, body]).to.deep.equal([200, { requested: false, reason: 'because' }]);
  });

  it('tells Prometheus how it was asked', async () => {
    const { status, text, headers } = await httpRequest({ port: server.port, path: '/metrics' });
    expect(status).to.equal(200);
    expect(headers['content-type']).to.match(/^text\/plain; version=0\.0\.4/);
    expect(text).to.include('retraining_requests_total{result="requested"} 1\n');
    expect(text).to.include('retraining_requests_total{result="declined"} 1\n');
    expect(text).to.include('retraining_requests_total{result="airflow_unavailable"} 0\n');
  });

  it('does nothing when alerts are resolved', async () => {
    const resolved = { ...firing, alerts: firing.alerts.map((alert) => ({ ...alert, status: 'resolved' })) };
    const { status } = await post(JSON.stringify(resolved));
    expect([status, asked.length]).to.deep.equal([200, 0]);
  });

  it('refuses another token, and what is no notification', async () => {
    expect((await post(JSON.stringify(firing), 'another-token-of-length')).body['code']).to.equal(
      'UNAUTHORIZED',
    );
    expect((await post('{')).body['code']).to.equal('INVALID_JSON');
    const { body } = await post(JSON.stringify({ ...firing, version: '3' }));
    expect(body['code']).to.equal('INVALID_REQUEST');
    expect(body['errors']).to.have.lengthOf(1);
    expect(asked).to.have.lengthOf(0);
  });

  it('lets Alertmanager try again when Airflow does not take it', async () => {
    failure = new AirflowError('Airflow is away');
    const { status, body } = await post(JSON.stringify(firing));
    expect([status, body['code']]).to.deep.equal([503, 'AIRFLOW_UNAVAILABLE']);
  });
});
