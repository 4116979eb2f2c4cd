import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import axios from 'axios';
import { expect } from 'chai';
import { z } from 'zod';
import { Platform } from '../../../local/platform.js';
import { PrometheusReader } from '../../../local/prometheus-reader.js';
import { readSettings } from '../../../local/settings.js';
import { FakeRegistry } from '../../fakes/fake-registry.js';
import { eventually } from '../../support/eventually.js';
import { freePorts } from '../../support/free-ports.js';
import { PACKAGES_TIMEOUT_MS, realPackages } from '../../support/model-packages.js';
import { monitoringTool } from '../../support/monitoring-tools.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { TierUnderTest } from '../../support/tier-under-test.js';

const run = promisify(execFile);
/** Discovery in Prometheus may wait 5 s, and an alert 10 s to be told again; the rest is a busy machine. */
const PATIENCE_MS = 90_000;
const OFTEN_SECONDS = 15;
const PORTS = [
  'RETRAINING_REQUESTS_PORT',
  'PROMETHEUS_PORT',
  'PUSHGATEWAY_PORT',
  'ALERTMANAGER_PORT',
  'NODE_EXPORTER_PORT',
  'STATSD_EXPORTER_PORT',
  'STATSD_PORT',
  'SINK_SMTP_PORT',
  'SINK_WEBHOOK_PORT',
];

const targetsAnswer = z.object({
  data: z.object({
    activeTargets: z.array(
      z.object({
        labels: z.object({ job: z.string(), namespace: z.string() }),
        health: z.string(),
        lastError: z.string(),
      }),
    ),
  }),
});
const rulesAnswer = z.object({
  data: z.object({
    groups: z.array(
      z.object({
        file: z.string(),
        interval: z.number(),
        rules: z.array(
          z.object({
            name: z.string(),
            health: z.string(),
            lastError: z.string().optional(),
            duration: z.number().optional(),
          }),
        ),
      }),
    ),
  }),
});

describe('what watches the platform on one machine', function () {
  this.timeout(2 * PATIENCE_MS + 5_000);

  let env: NodeJS.ProcessEnv;
  let platform: Platform;
  let prometheus: PrometheusReader;
  let tier: TierUnderTest;
  let stopped = false;

  async function stopTier(): Promise<void> {
    if (!stopped) await tier.stop();
    stopped = true;
  }

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS + PATIENCE_MS);
    const absent = ['prometheus', 'alertmanager', 'pushgateway', 'statsd_exporter', 'node_exporter'].filter(
      (name) => monitoringTool(name) === undefined,
    );
    if (absent.length > 0) {
      this.test!.title = `skipped: no ${absent.join(', ')} in MONITORING_TOOLS_DIR`;
      this.skip();
    }
    const ports = await freePorts(PORTS.length);
    env = {
      ...process.env,
      ...Object.fromEntries(PORTS.map((name, index) => [name, String(ports[index])])),
      PLATFORM_STATE_DIR: temporaryDirectory(),
      MONITORING_INTERVAL_SECONDS: '1',
      ALERT_FOR: '20s',
    };
    platform = new Platform(readSettings(env));
    prometheus = new PrometheusReader(platform.settings.urls.prometheus);
    const registry = new FakeRegistry();
    registry.promote((await realPackages()).tensorA);
    tier = await TierUnderTest.startReady(registry);
    const { scrapeTargets } = platform.processes;
    scrapeTargets.add('serving', { job: 'serving', port: tier.tier.managementPort });
    // As where an Airflow runs, which sends to the exporter.
    scrapeTargets.add('airflow', { job: 'airflow', port: platform.settings.ports.statsdExporter });
    await command('monitoring-up');
  });

  after(async () => {
    await platform.processes.sweep();
    await stopTier();
  });

  async function command(name: string, more: NodeJS.ProcessEnv = {}): Promise<string> {
    const main = path.join(platform.settings.projectDir, 'serving', 'dist', 'local', 'main.js');
    const { stdout } = await run(process.execPath, [main, name], { env: { ...env, ...more } });
    return stdout;
  }

  async function ask<T>(answer: z.ZodType<T>, what: string): Promise<T> {
    const url = `${platform.settings.urls.prometheus}/api/v1/${what}`;
    return answer.parse((await axios.get(url, { proxy: false })).data);
  }

  async function value(expression: string): Promise<number | undefined> {
    return (await prometheus.query(expression))[0]?.value;
  }

  function channels(): string[] {
    return readdirSync(platform.settings.notificationsDir).filter((file) => file.endsWith('.json'));
  }

  it('scrapes every process that runs, and takes it for one of this machine', async () => {
    await eventually(async () => {
      const { activeTargets: targets } = (await ask(targetsAnswer, 'targets')).data;
      expect(targets.map(({ labels }) => labels.job)).to.have.members([
        'serving',
        'retraining-requests',
        'airflow',
        'node',
        'pushgateway',
        'prometheus',
        'alertmanager',
      ]);
      for (const { labels, health, lastError } of targets) {
        expect({ ...labels, health, lastError }).to.include({
          namespace: 'local',
          health: 'up',
          lastError: '',
        });
      }
    }, PATIENCE_MS);
  });

  it('evaluates the shipped rules and alerts, one of which may fire sooner here', async () => {
    const { projectDir, stateDir } = platform.settings;
    const groups = await eventually(async () => {
      const { groups } = (await ask(rulesAnswer, 'rules')).data;
      for (const { interval, rules } of groups) {
        // What is looked at every minute may not have had its turn yet.
        const healths = interval <= OFTEN_SECONDS ? ['ok'] : ['ok', 'unknown'];
        for (const { name, health, lastError } of rules) {
          expect(healths, `${name}: ${lastError ?? ''}`).to.include(health);
        }
      }
      return groups;
    }, PATIENCE_MS);
    const shipped = (folder: string): string[] =>
      readdirSync(path.join(projectDir, 'monitoring', folder)).filter((file) => file.endsWith('.yaml'));
    expect(new Set(groups.map(({ file }) => file))).to.have.all.keys([
      ...shipped('rules').map((file) => path.join(projectDir, 'monitoring', 'rules', file)),
      ...shipped('alerts').map((file) => path.join(stateDir, 'prometheus', 'alerts', file)),
    ]);
    const [hot] = groups
      .flatMap(({ rules }) => rules)
      .filter(({ name }) => name === 'ServingAtMaxReplicasAndHot');
    expect(hot?.duration).to.equal(20);
  });

  it('is a configuration that promtool finds nothing wrong with', async () => {
    const file = path.join(platform.settings.stateDir, 'prometheus', 'prometheus.yaml');
    const { stdout } = await run(monitoringTool('promtool')!, ['check', 'config', file]);
    expect(stdout).to.match(/SUCCESS: .* is valid prometheus config file syntax/);
  });

  it('tells whoever waits for it, outside, that alerts get out', async () => {
    const message = await eventually(() => {
      const [file] = channels().filter((name) => name.includes('watchdog'));
      return readFileSync(path.join(platform.settings.notificationsDir, file!), 'utf8');
    }, PATIENCE_MS);
    expect(message).to.include('Watchdog').and.to.include('"environment": "local"');
  });

  it('sees a replica that is gone', async () => {
    await eventually(async () => {
      expect(await prometheus.alert('ServingDown')).to.equal('inactive');
      expect(await value('up{job="serving"}')).to.equal(1);
    }, PATIENCE_MS);
    await stopTier();
    await eventually(async () => {
      expect(await value('up{job="serving"}')).to.equal(0);
      expect(await prometheus.alert('ServingDown')).to.equal('pending');
    }, PATIENCE_MS);
  });

  it('names what Airflow sends as the mapping says, and drops the rest', async () => {
    const socket = createSocket('udp4');
    // Airflow's own messages: with tags as InfluxDB writes them, in milliseconds.
    const messages = [
      'airflow.scheduler_heartbeat:1|c',
      'airflow.dagrun.duration.failed,dag_id=credit,run_type=manual:90000.5|ms',
      'airflow.task.duration,dag_id=credit,task_id=group.train:1500|ms',
      'airflow.ti.finish,dag_id=credit,task_id=train,state=failed:1|c',
      'airflow.executor.running_tasks,status=running,executor_class_name=LocalExecutor:2|g',
      'airflow.pool.open_slots,pool_name=default_pool:128|g',
      'airflow.dagrun.credit.first_task_scheduling_delay:12|ms',
    ];
    for (const message of messages) socket.send(message, platform.settings.ports.statsd, '127.0.0.1');
    await eventually(async () => {
      expect(await value('airflow_scheduler_heartbeat_total')).to.equal(1);
      expect(
        await value('airflow_dag_run_duration_seconds_sum{dag_id="credit",run_type="manual",state="failed"}'),
      ).to.equal(90.0005);
      expect(await value('airflow_task_duration_seconds_bucket{task_id="group.train",le="5"}')).to.equal(1);
      expect(await value('airflow_task_finished_total{task_id="train",state="failed"}')).to.equal(1);
      expect(await value('airflow_executor_running_tasks')).to.equal(2);
    }, PATIENCE_MS);
    socket.close();
    expect(await prometheus.query('{__name__=~".*(pool|first_task).*", job="airflow"}')).to.deep.equal([]);
  });

  it('keeps the job that pushed a metric', async () => {
    const url = `${platform.settings.urls.pushgateway}/metrics/job/model_quality/model/credit`;
    await axios.put(url, 'model_quality_auc 0.77\n', { proxy: false });
    await eventually(async () => {
      const selector = 'model_quality_auc{job="model_quality",model="credit",namespace="local"}';
      expect(await value(selector)).to.equal(0.77);
    }, PATIENCE_MS);
  });

  it('is silent about one alert when asked to be', async () => {
    const said = await command('silence', { ALERT: 'ServingDown', DURATION: '5m', COMMENT: 'a test' });
    expect(said).to.match(/^ServingDown is silent until /);
    const { data } = await axios.get<unknown>(`${platform.settings.urls.alertmanager}/api/v2/silences`, {
      proxy: false,
    });
    expect(data).to.have.length(1);
    expect((data as unknown[])[0]).to.deep.include({
      comment: 'a test',
      matchers: [{ name: 'alertname', value: 'ServingDown', isEqual: true, isRegex: false }],
    });
  });

  it('ends, and takes nothing with it that it does not have to', async () => {
    await command('monitoring-down');
    expect(platform.processes.findAll()).to.deep.equal([]);
    expect(readdirSync(platform.processes.scrapeTargets.directory)).to.have.members([
      'airflow.json',
      'serving.json',
    ]);
    expect(readdirSync(path.join(platform.settings.stateDir, 'prometheus', 'data'))).not.to.have.length(0);
  });
});
