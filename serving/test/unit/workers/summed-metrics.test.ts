import { expect } from 'chai';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { createMetricsRegistry } from '../../../src/metrics/registry.js';
import { PredictionMetrics } from '../../../src/metrics/predictions.js';
import { ServableMetrics } from '../../../src/metrics/servables.js';
import { metricFamilies } from '../../../src/workers/metric-families.js';
import { SummedMetrics } from '../../../src/workers/summed-metrics.js';
import { draftManifest } from '../../support/manifests.js';
import { sampleOf, samplesIn } from '../../support/metric-samples.js';

/** A process with one metric of each kind. */
class Process {
  readonly registry = new Registry();
  readonly requests = new Counter({
    name: 'requests_total',
    help: 'Requests',
    labelNames: ['code', 'model_version'],
    registers: [this.registry],
  });
  readonly seconds = new Histogram({
    name: 'seconds',
    help: 'Seconds',
    buckets: [1, 10],
    registers: [this.registry],
  });
  readonly queued = new Gauge({ name: 'queued', help: 'Queued', registers: [this.registry] });

  constructor(readonly id: number) {}

  async reportTo(sums: SummedMetrics): Promise<void> {
    sums.record(this.id, await metricFamilies(this.registry));
  }
}

describe('SummedMetrics', () => {
  let sums: SummedMetrics;
  let one: Process;
  let other: Process;

  const text = (): Promise<string> => sums.registry().metrics();

  beforeEach(() => {
    sums = new SummedMetrics();
    one = new Process(1);
    other = new Process(2);
  });

  async function reported(): Promise<void> {
    await one.reportTo(sums);
    await other.reportTo(sums);
  }

  it('adds counters, buckets and gauges by their labels', async () => {
    one.requests.inc({ code: 'ok' }, 3);
    other.requests.inc({ code: 'ok' }, 4);
    other.requests.inc({ code: 'INTERNAL' }, 1);
    one.seconds.observe(0.5);
    other.seconds.observe(0.5);
    other.seconds.observe(20);
    one.queued.set(2);
    other.queued.set(5);
    await reported();
    const all = await text();
    expect(sampleOf(all, 'requests_total', { code: 'ok' })).to.equal(7);
    expect(sampleOf(all, 'requests_total', { code: 'INTERNAL' })).to.equal(1);
    expect(sampleOf(all, 'seconds_bucket', { le: '1' })).to.equal(2);
    expect(sampleOf(all, 'seconds_bucket', { le: '+Inf' })).to.equal(3);
    expect(sampleOf(all, 'seconds_count')).to.equal(3);
    expect(sampleOf(all, 'seconds_sum')).to.equal(21);
    expect(sampleOf(all, 'queued')).to.equal(7);
  });

  it('takes the latest look at a process alone', async () => {
    one.requests.inc({ code: 'ok' }, 3);
    await reported();
    one.requests.inc({ code: 'ok' }, 1);
    await reported();
    expect(sampleOf(await text(), 'requests_total', { code: 'ok' })).to.equal(4);
  });

  it('keeps what a process has counted when it ends, and what it measured not', async () => {
    one.requests.inc({ code: 'ok' }, 3);
    one.seconds.observe(0.5);
    one.queued.set(2);
    other.requests.inc({ code: 'ok' }, 4);
    other.queued.set(5);
    await reported();
    sums.ended(1);
    const replacement = new Process(3);
    replacement.requests.inc({ code: 'ok' }, 10);
    await replacement.reportTo(sums);
    sums.ended(2);
    const all = await text();
    expect(sampleOf(all, 'requests_total', { code: 'ok' })).to.equal(17);
    expect(sampleOf(all, 'seconds_bucket', { le: '1' })).to.equal(1);
    expect(sampleOf(all, 'seconds_count')).to.equal(1);
    expect(sampleOf(all, 'queued')).to.equal(0);
  });

  it('keeps nothing of a process that ended before anyone looked', async () => {
    one.requests.inc({ code: 'ok' }, 3);
    sums.ended(1);
    await other.reportTo(sums);
    expect(sampleOf(await text(), 'requests_total', { code: 'ok' })).to.equal(undefined);
  });

  it('forgets versions that nobody serves any more, when the next process ends', async () => {
    one.requests.inc({ code: 'ok', model_version: '1' });
    one.requests.inc({ code: 'ok' });
    await reported();
    sums.ended(1);
    expect(sampleOf(await text(), 'requests_total', { model_version: '1' })).to.equal(1);
    other.requests.inc({ code: 'ok', model_version: '2' });
    await other.reportTo(sums);
    sums.ended(2);
    const all = samplesIn(await text()).filter(({ name }) => name === 'requests_total');
    expect(all.map(({ labels }) => labels)).to.have.deep.members([
      { code: 'ok' },
      { code: 'ok', model_version: '2' },
    ]);
  });

  describe('of the metrics of this tier', () => {
    const LINEAGE = draftManifest().lineage;
    const LOADED = { modelName: 'churn', version: '7', digest: 'sha256:77' };

    async function twoProcesses(): Promise<string> {
      for (const id of [1, 2]) {
        const registry = createMetricsRegistry();
        const servables = new ServableMetrics(registry);
        servables.loaded(LOADED, LINEAGE, 'champion', 0.2);
        servables.registryReachable('churn', 'champion', id === 1);
        new PredictionMetrics(registry).series('churn', '7', 'champion').observe(0.001, 5);
        sums.record(id, structuredClone(await metricFamilies(registry)));
      }
      return text();
    }

    it('says 1 for a version that two processes have', async () => {
      const all = await twoProcesses();
      expect(sampleOf(all, 'serving_model_info', { model_version: '7' })).to.equal(1);
      expect(sampleOf(all, 'serving_model_loaded_timestamp_seconds')).to.be.within(
        Date.now() / 1_000 - 60,
        Date.now() / 1_000,
      );
      expect(sampleOf(all, 'serving_prediction_rows_total')).to.equal(10);
    });

    it('says that the registry is reachable when it is from everywhere', async () => {
      expect(sampleOf(await twoProcesses(), 'serving_registry_reachable')).to.equal(0);
    });

    it('says when the first process started, and how late the worst event loop is', async () => {
      const all = await twoProcesses();
      const start = Date.now() / 1_000 - process.uptime();
      expect(sampleOf(all, 'process_start_time_seconds')).to.be.within(start - 5, start + 5);
      const [one, other] = [0.25, 0.5].map((value) => [
        {
          name: 'nodejs_eventloop_lag_p99_seconds',
          help: 'Lag',
          type: 'gauge',
          aggregator: 'average' as const,
          values: [{ value, labels: {} }],
        },
      ]);
      sums.record(1, one!);
      sums.record(2, other!);
      expect(sampleOf(await text(), 'nodejs_eventloop_lag_p99_seconds')).to.equal(0.5);
    });

    it('adds memory', async () => {
      const own = process.memoryUsage.rss();
      const all = await twoProcesses();
      expect(sampleOf(all, 'process_resident_memory_bytes')).to.be.above(1.5 * own);
    });

    it('combines every family on purpose', async () => {
      const registry = createMetricsRegistry();
      new ServableMetrics(registry);
      const gauges = (await metricFamilies(registry)).filter(
        ({ type, aggregator }) => String(type) === 'gauge' && aggregator === 'sum',
      );
      // Amounts, which add up. Whoever adds a gauge says here that it is one, or gives it an aggregator.
      expect(gauges.map(({ name }) => name)).to.have.members([
        'process_resident_memory_bytes',
        'process_virtual_memory_bytes',
        'process_heap_bytes',
        'process_open_fds',
        'process_max_fds',
        'nodejs_active_resources',
        'nodejs_active_resources_total',
        'nodejs_active_handles',
        'nodejs_active_handles_total',
        'nodejs_active_requests',
        'nodejs_active_requests_total',
        'nodejs_heap_size_total_bytes',
        'nodejs_heap_size_used_bytes',
        'nodejs_external_memory_bytes',
        'nodejs_heap_space_size_total_bytes',
        'nodejs_heap_space_size_used_bytes',
        'nodejs_heap_space_size_available_bytes',
      ]);
    });
  });
});
