import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { SimulatedBank } from '../../local/drift-demo/simulated-bank.js';
import { Traffic } from '../../local/drift-demo/traffic.js';
import {
  emptyQueries,
  readDashboards,
  type DashboardQueries,
} from '../../local/monitoring/dashboard-queries.js';
import { DRAWN, drawDashboards } from '../../local/monitoring/draw-dashboards.js';
import { PrometheusClient } from '../../src/prometheus/prometheus-client.js';
import { followRun } from '../../local/run-follower.js';
import { ensureRunning } from '../../local/supervisor.js';
import { waitUntil } from '../../local/wait-until.js';
import {
  quarantineTag,
  TRAFFIC_POLICY_TAG,
  writeQuarantine,
  writeTrafficPolicy,
  type Quarantine,
} from '../../src/registry/traffic-tags.js';
import { eventually } from '../support/eventually.js';
import { httpRequest } from '../support/http-request.js';
import type { LocalPlatform, RunningTarget } from '../support/local-platform.js';
import { platform } from './platform.js';

/** More than the shipped monitoring.yaml asks for before it says anything. */
const JUDGED_ROWS = 600;
/** Rules that look back hours are evaluated once a minute, and may have to wait for the one before. */
const FILLED_WITHIN_MS = 120_000;
/** As short as the interval of the scrapes: what is there for seconds, such as an attack, lies between longer ones. */
const STEP_SECONDS = 1;
/** What a query says instead of nothing, of what has not happened yet: orZero and orNone of the dashboards. */
const FALLBACK = / or (vector\(0\)|on \(\) label_replace\(vector\(0\).*)$/;
const DAY_MS = 86_400_000;

/** Bytes that nobody has: what is kept from answering here takes nothing from anybody. */
const QUARANTINED: Quarantine = {
  version: '1',
  digest: `sha256:${'0'.repeat(64)}`,
  at: new Date().toISOString(),
  by: 'e2e',
  reason: 'a quarantine to be seen',
  cause: 'manual',
};

/** Failures, alerts, runs of other DAGs, and what only Kubernetes has. */
const NEED_NOT_HAPPEN = [
  'count(up{',
  'ALERTS{',
  'alertmanager_notifications_failed_total',
  'serving_model_load_failures_total',
  'count(serving_role_available{',
  'serving_api_key_expiry_timestamp_seconds',
  'airflow_dag_run_duration_seconds_count{state="failed"',
  'airflow_dag_run_deadline_missed_timestamp_seconds',
  'airflow_task_finished_total{task_id=',
  'airflow_asset_',
  'certmanager_',
  'externalsecret_',
  'otelcol_',
];

const registeredSchema = z.object({ version: z.string() });
const packagesSchema = z.object({ variant: z.object({ path: z.string() }) });

describe('what watches the platform', () => {
  const watched = platform.with({
    MONITORING_INTERVAL_SECONDS: '1',
    // Workers are the replicas of one machine.
    WORKERS: '2',
    MAX_WORKERS: '3',
    MIN_REPLICAS: '2',
    MAX_REPLICAS: '3',
    AUTOSCALER_INTERVAL_SECONDS: '1',
    DRIFT_MIN_ROWS: '100',
    START_RATE: '20',
    MAX_RATE: '40',
    STEP_RATE: '10',
    STEP_SECONDS: '2',
    MAX_SECONDS: '6',
    MALFORMED_SHARE: '0.1',
  });
  const { settings, parts } = watched;
  const generated = path.join(settings.projectDir, 'monitoring', 'dashboards', 'generated');
  const dashboards = readDashboards(generated);
  const prometheus = new PrometheusClient(settings.urls.prometheus);
  const traffic = new Traffic({
    servingUrl: settings.urls.serving,
    rowsPerSecond: 50,
    outcomeDelayMs: 500,
  });
  let autoscaler: RunningTarget | undefined;
  let since: number;

  async function restartServing({ parts: of }: LocalPlatform): Promise<void> {
    await of.processes.stop('serving');
    await ensureRunning(of.services().serving, of.processes, of.settings.startTimeoutMs);
  }

  /** A run of a DAG that the clock starts where Airflow runs for good. */
  async function runDag(dagId: string, params: Readonly<Record<string, string>> = {}): Promise<void> {
    const api = parts.airflowApi;
    await api.unpause(dagId);
    const { dag_run_id: runId } = await api.trigger(dagId, params);
    const { state } = await followRun({ api, dagId, runId, timeoutMs: 300_000 });
    expect(state, dagId).to.equal('success');
  }

  async function register(folder: string): Promise<string> {
    const args = ['--package', folder, '--model', settings.modelName];
    return (await platform.support(registeredSchema, 'register', ...args)).version;
  }

  /** One version answers a part of the traffic, another one looks on and stands by, and a third may not answer. */
  async function shareTraffic(): Promise<void> {
    const { digest } = await platform.champion();
    const same = platform.packageDir(digest);
    const folder = path.join(settings.stateDir, 'watched-variant');
    mkdirSync(folder, { recursive: true });
    const args = [folder, '--variant-of', same];
    const { variant } = await platform.support(packagesSchema, 'packages', ...args);
    const [canary, other] = [await register(same), await register(variant.path)];
    const policy = writeTrafficPolicy({
      canary: { version: canary, percent: 20 },
      shadow: { version: other, percent: 100 },
      standby: { version: other },
    });
    const { modelName } = settings;
    await platform.registry.setRegisteredModelTag(modelName, TRAFFIC_POLICY_TAG, policy);
    const quarantine = [quarantineTag(QUARANTINED.digest), writeQuarantine(QUARANTINED)] as const;
    await platform.registry.setRegisteredModelTag(modelName, ...quarantine);
    await eventually(async () => {
      const { traffic } = await watched.status();
      const available = [traffic?.canary, traffic?.shadow, traffic?.standby].map((role) => role?.available);
      expect(available, JSON.stringify(traffic)).to.deep.equal([true, true, true]);
    }, 120_000);
  }

  before('it watches, and everything that there is happens', async () => {
    since = Date.now() / 1_000;
    const bankDir = path.join(settings.stateDir, 'watched-bank');
    mkdirSync(bankDir, { recursive: true });
    const bank = new SimulatedBank(settings, path.join(bankDir, 'simulated-warehouse.parquet'));
    const [applicants] = await Promise.all([
      bank.applicants('calm', 1_000),
      watched.make('monitoring-up'),
      restartServing(watched),
    ]);
    await waitUntil(async () => (await watched.status()).available ?? undefined, {
      what: 'the tier to serve its champion',
      timeoutMs: 300_000,
    });
    traffic.play('calm', applicants);
    traffic.start();
    autoscaler = watched.begin('autoscaler');
    await shareTraffic();
    await watched.make('kafka-up');
    await watched.make('score-stream');
    const { status } = await httpRequest({
      port: settings.ports.serving,
      path: '/predict',
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"instances":[{}]}',
    });
    expect(status).to.equal(422);
    const { version } = await platform.champion();
    await waitUntil(() => traffic.ledger.known(version, 'calm').length >= JUDGED_ROWS || undefined, {
      what: 'outcomes of predictions',
      timeoutMs: 300_000,
    });
    await Promise.all([
      // Quality is estimated of days that are over: tomorrow, today is one.
      runDag('model_quality_monitoring', { as_of: new Date(Date.now() + DAY_MS).toISOString() }),
      runDag('drift_detection'),
      watched.make('attack'),
    ]);
  });

  after('the platform is as it was found', async () => {
    await Promise.all([autoscaler?.stop(), traffic.stop()]);
    for (const tag of [TRAFFIC_POLICY_TAG, quarantineTag(QUARANTINED.digest)]) {
      await platform.registry.deleteRegisteredModelTag(settings.modelName, tag);
    }
    await watched.make('kafka-down');
    await watched.make('monitoring-down');
    await restartServing(platform);
  });

  /** What finds nothing: panels and their queries. */
  async function empty(asked: readonly DashboardQueries[]): Promise<readonly string[]> {
    const range = { start: since, end: Date.now() / 1_000, step: STEP_SECONDS };
    const found = await emptyQueries(prometheus, asked, range, settings.monitoringIntervalSeconds);
    return found.map(({ panel, expr }) => `${panel}: ${expr}`);
  }

  for (const dashboard of dashboards) {
    it(`fills every panel of the dashboard “${dashboard.title}”`, async () => {
      await eventually(async () => {
        expect(await empty([dashboard])).to.deep.equal([]);
      }, FILLED_WITHIN_MS);
    });
  }

  it('shows a zero only for what has not happened', async () => {
    const bare = dashboards.map((dashboard) => ({
      ...dashboard,
      panels: dashboard.panels.map((panel) => ({
        ...panel,
        queries: panel.queries
          .filter(({ expr }) => FALLBACK.test(expr))
          .map((query) => ({ ...query, expr: query.expr.replace(FALLBACK, '') })),
      })),
    }));
    const zeros = await empty(bare);
    const unexpected = zeros.filter((query) => !NEED_NOT_HAPPEN.some((metric) => query.includes(metric)));
    expect(unexpected).to.deep.equal([]);
  });

  it('draws it', async () => {
    const target = mkdtempSync(path.join(tmpdir(), 'dashboards-'));
    try {
      const files = await drawDashboards(prometheus, {
        dashboards: generated,
        target,
        minutes: 3,
        scrapeInterval: settings.monitoringIntervalSeconds,
      });
      expect(files).to.have.length(Object.keys(DRAWN).length);
      for (const file of files) expect(readFileSync(file, 'utf8')).to.match(/^<svg[^]*<\/svg>\s*$/);
    } finally {
      rmSync(target, { recursive: true });
    }
  });
});
