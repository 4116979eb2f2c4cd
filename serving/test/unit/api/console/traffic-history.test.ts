import { expect } from 'chai';
import { Registry } from 'prom-client';
import { TrafficHistory } from '../../../../src/api/console/traffic-history.js';
import { PredictionMetrics, type PredictionSeries } from '../../../../src/metrics/predictions.js';
import { RequestMetrics } from '../../../../src/metrics/requests.js';

describe('TrafficHistory', () => {
  let registry: Registry;
  let requests: RequestMetrics;
  let series: PredictionSeries;
  let clockMs: number;
  let history: TrafficHistory;

  beforeEach(() => {
    registry = new Registry();
    requests = new RequestMetrics(registry);
    series = new PredictionMetrics(registry).series('toy', '3', 'champion');
    clockMs = Date.UTC(2026, 0, 1);
    history = new TrafficHistory(
      () => Promise.resolve(registry),
      () => clockMs,
    );
  });

  function predict(times: number, seconds: number, rows = 1): void {
    for (let i = 0; i < times; i += 1) {
      requests.succeeded('/predict');
      series.observe(seconds, rows);
    }
  }

  async function lookAfter(seconds: number): Promise<void> {
    clockMs += seconds * 1_000;
    await history.look();
  }

  it('has a point for the time between two looks', async () => {
    await history.look();
    predict(40, 0.0007);
    requests.refused('/predict', 422, 'SIGNATURE_MISMATCH');
    requests.refused('/predict', 500, 'INTERNAL');
    await lookAfter(10);
    const { points } = await history.report();
    expect(points).to.have.length(1);
    const { at, p50_seconds: p50, p99_seconds: p99, ...rates } = points[0]!;
    expect(at.getTime()).to.equal(clockMs);
    expect(rates).to.deep.equal({
      requests_per_second: 4.2,
      refused_per_second: 0.1,
      failed_per_second: 0.1,
    });
    // Both in the bucket from 0.5 to 1 ms.
    expect(p50).to.be.closeTo(0.00075, 1e-9);
    expect(p99).to.be.closeTo(0.000995, 1e-9);
  });

  it('has no durations for a time without predictions', async () => {
    await history.look();
    await lookAfter(5);
    expect((await history.report()).points[0]).to.include({
      requests_per_second: 0,
      p50_seconds: null,
      p99_seconds: null,
    });
  });

  it('leaves out versions that are loaded and were never asked', async () => {
    expect((await history.report()).versions).to.deep.equal([]);
    predict(1, 0.0007);
    expect((await history.report()).versions).to.have.length(1);
  });

  it('gives totals of now, and rates of the last minute', async () => {
    predict(1_000, 0.1, 2);
    await history.look();
    for (let i = 0; i < 24; i += 1) await lookAfter(5);
    predict(30, 0.0007, 2);
    const report = await history.report();
    expect(report.recent_seconds).to.equal(60);
    expect(report.requests).to.deep.equal([
      { route: '/predict', status: 200, code: 'ok', total: 1_030, per_second: 0.5 },
    ]);
    const { p50_seconds: p50, ...version } = report.versions[0]!;
    expect(version).to.deep.include({
      model: 'toy',
      version: '3',
      alias: 'champion',
      requests: 1_030,
      rows: 2_060,
      per_second: 0.5,
    });
    expect(p50, 'of the last minute alone').to.be.below(0.001);
  });

  it('forgets what was more than ten minutes ago', async () => {
    for (let i = 0; i < 200; i += 1) await lookAfter(5);
    const { points } = await history.report();
    expect(points).to.have.length(120);
    expect(clockMs - points[0]!.at.getTime()).to.equal((600 - 5) * 1_000);
  });

  it('starts anew when the clock is set back', async () => {
    await history.look();
    await lookAfter(5);
    await lookAfter(-3_600);
    predict(10, 0.001);
    await lookAfter(5);
    const { points } = await history.report();
    expect(points.map(({ requests_per_second: rate }) => rate)).to.deep.equal([2]);
  });

  it('is empty and whole before there was any traffic', async () => {
    const empty = new TrafficHistory(() => Promise.resolve(new Registry()));
    expect(await empty.report()).to.deep.include({ points: [], requests: [], versions: [] });
  });
});
