import { expect } from 'chai';
import { eventually } from '../../support/eventually.js';
import { OtlpSink, type ReceivedSpan } from '../../support/otlp-sink.js';
import { useRealRegistry } from '../../support/real-registry.js';
import { RecordingProxy } from '../../support/recording-proxy.js';
import { TierUnderTest } from '../../support/tier-under-test.js';

const ADMIN_TOKEN = 'an-admin-token-of-tests';
const MODEL = 'traced';
/** Spans begin at whole milliseconds, rounded down, and end so many nanoseconds later as they took. */
const CLOCK_NS = 1_000_000n;
const ALIAS_CALL = 'GET /api/2.0/mlflow/registered-models/alias';
const FILE_CALL = 'GET /api/2.0/mlflow-artifacts/artifacts/{path}';

describe('the trace of a reload, with a real MLflow', function () {
  this.timeout(120_000);

  const real = useRealRegistry();
  let sink: OtlpSink;
  let proxy: RecordingProxy;
  let running: TierUnderTest;

  beforeEach(async () => {
    sink = await OtlpSink.start();
    proxy = await RecordingProxy.start(real.trackingUri);
  });

  afterEach(async () => {
    await running.stop();
    await proxy.close();
    await sink.stop();
  });

  async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    running = await TierUnderTest.start(undefined, {
      MLFLOW_TRACKING_URI: proxy.uri,
      MODEL_NAME: MODEL,
      ADMIN_TOKEN,
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpEndpoint,
      OTEL_BSP_SCHEDULE_DELAY: '20',
      ...env,
    });
  }

  async function reload(): Promise<void> {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
    await running.manage('/admin/reload', { method: 'POST', headers });
  }

  function rootOfReload(): Promise<ReceivedSpan> {
    return eventually(() => {
      const root = sink.spans.find(({ name }) => name === 'reload model');
      if (root === undefined) throw new Error('No reload was traced yet');
      return root;
    });
  }

  function below(parent: ReceivedSpan, name: string): ReceivedSpan[] {
    return sink.spans.filter((span) => span.parentId === parent.spanId && span.name === name);
  }

  it('shows resolving, fetching and loading, and the calls of each, which carry it to the registry', async () => {
    const { version, digest } = await real.register(MODEL, 'tensorA', { alias: 'champion' });
    await start();
    await running.serves(version);
    const root = await rootOfReload();
    expect(root).to.include({ parentId: '', isError: false });
    expect(root.attributes).to.include({
      'serving.model.name': MODEL,
      'serving.model.alias': 'champion',
      'serving.model.version': version,
      'serving.model.digest': digest,
    });
    const [resolving] = below(root, 'resolve alias');
    const [fetching] = below(root, 'fetch package');
    const [loading] = below(root, 'load and warm up');
    expect(below(resolving!, ALIAS_CALL)).to.have.length(1);
    const downloads = below(fetching!, FILE_CALL);
    expect(downloads.length).to.be.at.least(2);
    for (const { kind, attributes } of downloads) {
      expect(kind).to.equal('client');
      expect(attributes).to.include({ 'http.response.status_code': 200, 'server.address': '127.0.0.1' });
    }
    const begun = [fetching, loading].map((span) => span!.startNs);
    const ended = [resolving, fetching, loading].map((span) => span!.endNs);
    for (const [i, before] of ended.entries()) {
      expect(before < (begun[i] ?? root.endNs) + CLOCK_NS, `end of span ${i + 1}`).to.equal(true);
    }

    const ofFiles = proxy.calls.filter(({ path }) => path.includes('mlflow-artifacts'));
    expect(new Set(ofFiles.map(({ headers }) => headers['traceparent']))).to.deep.equal(
      new Set(downloads.map(({ spanId }) => `00-${root.traceId}-${spanId}-01`)),
    );
    const available = running.log.lines.find(({ msg }) => msg === 'model version is available');
    expect(available).to.include({ trace_id: root.traceId, span_id: root.spanId });
  });

  it('leaves nothing of looks that find nothing new, and tells the registry that they are not recorded', async () => {
    const { version } = await real.register(MODEL, 'tensorA', { alias: 'champion' });
    await start();
    await running.serves(version);
    await rootOfReload();
    const before = proxy.calls.length;
    await reload();
    await eventually(() => expect(proxy.calls.length).to.be.above(before));
    const next = await real.register(MODEL, 'tensorB', { alias: 'champion' });
    await reload();
    await running.serves(next.version);
    await eventually(() => {
      expect(sink.spans.filter(({ name }) => name === 'reload model')).to.have.length(2);
    });
    const looks = sink.spans.filter(({ name }) => name === ALIAS_CALL);
    expect(looks, 'one for each reload').to.have.length(2);
    const asked = proxy.calls.filter(({ path }) => path.includes('/registered-models/alias'));
    expect(asked.length).to.be.at.least(3);
    for (const { headers } of asked)
      expect(headers['traceparent']).to.match(/^00-[\da-f]{32}-[\da-f]{16}-00$/);
  });

  for (const [broken, code, span] of [
    ['wrong-digest', 'DIGEST_MISMATCH', 'fetch package'],
    ['golden', 'GOLDEN_MISMATCH', 'load and warm up'],
  ] as const) {
    it(`names why a version was not loaded, and where: ${code} in "${span}"`, async () => {
      await real.register(MODEL, 'tensorA', { alias: 'champion', break: broken });
      await start();
      const root = await rootOfReload();
      for (const failed of [root, ...below(root, span)]) {
        expect(failed.isError, failed.name).to.equal(true);
        expect(failed.attributes['error.type']).to.equal(code);
      }
      expect(below(root, span)).to.have.length(1);
      const failure = running.log.lines.find((line) => line['code'] === code);
      expect(failure).to.include({ trace_id: root.traceId });
    });
  }

  it('is there whatever share of the requests is traced, and carries nothing out where that is switched off', async () => {
    const { version } = await real.register(MODEL, 'tensorA', { alias: 'champion' });
    await start({
      OTEL_TRACES_SAMPLER: 'traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0',
      OTEL_PROPAGATORS: 'none',
    });
    await running.serves(version);
    await rootOfReload();
    for (const { headers } of proxy.calls) expect(headers).not.to.have.property('traceparent');
  });
});
