import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { BulkApi, type LogDocument } from '../../fakes/bulk-api.js';
import { FakeRegistry } from '../../fakes/fake-registry.js';
import { eventually } from '../../support/eventually.js';
import { COLLECTOR_START_MS, LogCollector } from '../../support/log-collector.js';
import { PACKAGES_TIMEOUT_MS, realPackages } from '../../support/model-packages.js';
import { monitoringTool } from '../../support/monitoring-tools.js';
import { PROCESS_TIMEOUT_MS, ReplicaProcess } from '../../support/replica-process.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const ARRIVES_MS = 20_000;
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const SEVERITIES: Readonly<Record<number, string>> = {
  30: 'INFO',
  40: 'WARN',
  50: 'ERROR',
  60: 'FATAL',
};

const program = monitoringTool('otelcol');
const skipped = program === undefined ? ' (skipped: there is no otelcol in MONITORING_TOOLS_DIR)' : '';

/** A line as this project's processes write them, told apart by its number. */
function numbered(number: number): string {
  return `{"level":30,"time":"2026-01-02T03:04:05.678Z","request_id":"request-${number}","msg":"request"}\n`;
}

describe(`the log pipeline as it is shipped${skipped}`, function () {
  this.timeout(2 * COLLECTOR_START_MS + 3 * ARRIVES_MS);
  let elasticsearch: BulkApi;
  let folder: string;
  let collector: LogCollector;

  before(function () {
    if (program === undefined) this.skip();
  });

  beforeEach(async () => {
    folder = temporaryDirectory();
    mkdirSync(join(folder, 'logs'));
    elasticsearch = new BulkApi();
    await elasticsearch.start();
  });

  afterEach(async () => {
    await collector.end();
    await elasticsearch.stop();
  });

  async function collects(source: 'local' | 'kubernetes' = 'local'): Promise<void> {
    collector = await LogCollector.start({
      program: program!,
      source,
      elasticsearch: elasticsearch.url,
      stateDir: join(folder, 'state'),
      env: { LOG_DIR: folder, POD_LOGS: join(folder, 'pods') },
    });
  }

  function append(file: string, text: string): void {
    const path = join(folder, file);
    mkdirSync(dirname(path), { recursive: true });
    appendFileSync(path, text);
  }

  function arrived(count: number): Promise<LogDocument[]> {
    return eventually(() => {
      expect(elasticsearch.documents).to.have.lengthOf(count);
      return elasticsearch.documents;
    }, ARRIVES_MS);
  }

  /** The number of each line that arrived, in order. */
  async function numbers(count: number): Promise<number[]> {
    const documents = await arrived(count);
    return documents
      .map(({ attributes }) => Number(String(attributes['request_id']).replace('request-', '')))
      .sort((one, other) => one - other);
  }

  const upTo = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

  it('finds every line that the tier writes, with its severity, moment, request, version and trace', async function () {
    this.timeout(PACKAGES_TIMEOUT_MS + PROCESS_TIMEOUT_MS + this.timeout());
    const packages = await realPackages();
    const registry = new FakeRegistry();
    registry.promote(packages.tensorA);
    const replica = await ReplicaProcess.startReady(registry, { ACCESS_LOG_SAMPLE_RATE: '1' });
    const headers = { 'content-type': 'application/json' };
    try {
      await replica.predict([[40, 1, 0.25]], {
        headers: { ...headers, traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01` },
      });
      await replica.predict([['not a number']]);
      await replica.request('/nowhere');
      await eventually(() => {
        expect(replica.lines.filter(({ msg }) => msg === 'request')).to.have.lengthOf(3);
      });
    } finally {
      await replica.dispose();
    }
    append('logs/serving.log', replica.lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    await collects();

    const documents = await arrived(replica.lines.length);
    for (const [at, line] of replica.lines.entries()) {
      const document = documents[at]!;
      const { level, time, msg, trace_id: traceId, span_id: spanId, stages_ms: stages, ...members } = line;
      expect(document.index).to.equal('logs-serving.otel-local');
      expect(document.body).to.equal(msg);
      expect(document.severity).to.equal(SEVERITIES[level]);
      expect(document.timestampMs).to.equal(Date.parse(String(time)));
      expect(document.traceId, msg).to.equal(traceId);
      expect(document.spanId).to.equal(spanId);
      expect(document.attributes).to.include({ ...members, 'log.parsed': true, 'log.format': 'pino' });
      for (const [stage, ms] of Object.entries(stages ?? {})) {
        expect(document.attributes[`stages_ms.${stage}`]).to.equal(ms);
      }
    }
    const predicted = documents.filter(({ traceId }) => traceId === TRACE_ID);
    expect(predicted).to.have.lengthOf(1);
    expect(predicted[0]!.attributes).to.include({
      model: 'small-tensor',
      version: '1',
      code: 'ok',
      status: 200,
    });
  });

  it('keeps what is no log line as it is, and says so', async () => {
    const garbage = [
      '{"level":30,"time":"2026-01-02T03:0',
      '{]',
      '{"level":"x","msg":5}',
      '{"a":1} and more',
    ];
    append('logs/serving.log', garbage.map((line) => `${line}\n`).join('') + numbered(0));
    append('logs/serving.log', '{"half a line');
    await collects();

    const documents = await arrived(6);
    const unparsed = documents.filter(({ attributes }) => attributes['log.parsed'] === false);
    expect(unparsed.map(({ body }) => body)).to.have.members([...garbage, '{"half a line']);
  });

  it('lets no line choose where it is stored, and cuts and cleans what it says', async () => {
    const base = { level: 50, time: '2026-01-02T03:04:05.678Z' };
    const lines = [
      {
        ...base,
        msg: 'routes',
        'elasticsearch.index': 'elsewhere',
        'data_stream.dataset': 'x',
        'k8s.pod.uid': 'y',
      },
      {
        ...base,
        msg: 'secret: Bearer abcdefghijkl',
        headers: { authorization: 'abc' },
        api_key: 'k',
        inputs: [1],
      },
      { ...base, msg: 'x'.repeat(100_000) },
    ];
    append('logs/serving.log', lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    await collects();

    const documents = await arrived(3);
    expect(documents.map(({ index }) => index)).to.deep.equal(Array(3).fill('logs-serving.otel-local'));
    const [routes, secret, long] = documents as [LogDocument, LogDocument, LogDocument];
    expect(routes.attributes).not.to.include.keys('k8s.pod.uid');
    expect(secret.body).to.equal('secret: Bearer [removed]');
    expect(Object.keys(secret.attributes).join(' ')).not.to.match(/authorization|api_key|inputs/);
    expect(long.body).to.have.lengthOf(32_768);
    expect(long.attributes['log.original_bytes']).to.equal(100_000);
  });

  it('keeps a Python stack trace with its line, and reads Airflow and MLflow', async () => {
    const trace =
      'Traceback (most recent call last):\n  File "a.py", line 1, in f\nValueError: no such column';
    append(
      'logs/airflow.log',
      `scheduler  | 2026-01-02 03:04:05.678901+00:00 [error    ] It failed [airflow.jobs]\n${trace}\n` +
        'api-server | 2026-01-02T03:04:06.000001Z [info     ] request finished [http.access]\n',
    );
    append('logs/mlflow.log', `2026/01/02 03:04:05 ERROR mlflow.server: Exception\n${trace}\n`);
    append(
      'airflow/logs/dag_id=retraining/run_id=manual__1/task_id=train/map_index=0/attempt=2.log',
      '{"timestamp":"2026-01-02T03:04:05.678901Z","level":"warning","event":"slow","logger":"task","version":"abc",' +
        '"error_detail":[{"exc_type":"ValueError","exc_value":"no such column","frames":[]}]}\n',
    );
    await collects();

    const documents = await arrived(4);
    const of = (index: string): LogDocument[] =>
      documents.filter((document) => document.index.includes(index));
    expect(of('logs-airflow.otel').map(({ severity }) => severity)).to.have.members(['ERROR', 'INFO']);
    expect(of('logs-airflow.otel').some(({ body }) => body.endsWith(trace))).to.equal(true);
    expect(of('logs-airflow.otel')[0]!.timestampMs).to.equal(Date.parse('2026-01-02T03:04:05.678Z'));
    expect(of('logs-mlflow')[0]!.body).to.match(/Exception\nTraceback[^]*no such column$/);
    expect(of('logs-mlflow')[0]).to.include({
      severity: 'ERROR',
      timestampMs: Date.parse('2026-01-02T03:04:05Z'),
    });
    const [task] = of('airflow_task');
    expect(task).to.include({ body: 'slow', severity: 'WARN' });
    expect(task!.attributes).to.include({
      dag_id: 'retraining',
      run_id: 'manual__1',
      task_id: 'train',
      bundle_version: 'abc',
      'exception.type': 'ValueError',
      'exception.message': 'no such column',
    });
  });

  it('reads what a container runtime writes, joined where that has split it, with the pod that it came from', async () => {
    const pod = 'pods/production_serving-5f_0a1b2c3d-0000-4000-8000-000000000001/serving/0.log';
    const line = numbered(0).trimEnd();
    const at = '2026-01-02T03:04:06.000000000Z stdout';
    append(pod, `${at} P ${line.slice(0, 40)}\n${at} F ${line.slice(40)}\n`);
    append(pod, `${at} F Traceback (most recent call last):\n${at} F   File "a.py"\n`);
    await collects('kubernetes');

    const documents = await arrived(2);
    expect(documents.map(({ body }) => body)).to.have.members([
      'request',
      'Traceback (most recent call last):\n  File "a.py"',
    ]);
    for (const { resource, index } of documents) {
      expect(index).to.equal('logs-serving.otel-local');
      expect(resource).to.include({
        'k8s.namespace.name': 'production',
        'k8s.pod.name': 'serving-5f',
        'k8s.container.name': 'serving',
        'service.name': 'serving',
      });
    }
  });

  it('loses nothing when it is killed while it reads, nor when a file is rotated meanwhile', async () => {
    const lines = 30_000;
    append('logs/serving.log', upTo(lines).map(numbered).join(''));
    await collects();
    await eventually(() => expect(elasticsearch.documents.length).to.be.greaterThan(0), ARRIVES_MS);
    await collector.end('SIGKILL');
    append('logs/serving.log', numbered(lines));
    await collects();
    append('logs/serving.log', numbered(lines + 1));
    await eventually(() => expect(elasticsearch.documents.length).to.be.greaterThan(lines), ARRIVES_MS);
    renameSync(join(folder, 'logs/serving.log'), join(folder, 'logs/serving.log.1'));
    writeFileSync(join(folder, 'logs/serving.log'), numbered(lines + 2));

    expect(await numbers(lines + 3)).to.deep.equal(upTo(lines + 3));
  });

  it('waits for an Elasticsearch that is away, also over a restart, and sends each line once', async () => {
    append('logs/serving.log', numbered(0));
    await collects();
    await arrived(1);
    await elasticsearch.stop();
    append('logs/serving.log', upTo(500).slice(1).map(numbered).join(''));
    await eventually(async () => {
      expect(await collector.metrics()).to.match(/otelcol_receiver_accepted_log_records\S* 500/);
    }, ARRIVES_MS);
    await collector.end('SIGKILL');
    await collects();
    append('logs/serving.log', numbered(500));
    await elasticsearch.start();

    expect(await numbers(501)).to.deep.equal(upTo(501));
  });
});
