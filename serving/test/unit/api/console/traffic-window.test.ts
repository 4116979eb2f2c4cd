import { expect } from 'chai';
import type { TrafficCounters } from '../../../../src/api/console/traffic-counters.js';
import { histogramQuantile, trafficWindow } from '../../../../src/api/console/traffic-window.js';

type Buckets = readonly (readonly [number, number])[];

describe('histogramQuantile', () => {
  const BUCKETS: Buckets = [
    [1, 10],
    [2, 30],
    [4, 30],
    [Infinity, 40],
  ];
  // As Prometheus's histogram_quantile has them for the same buckets.
  const expected: readonly (readonly [number, number])[] = [
    [0.125, 0.5],
    [0.25, 1],
    [0.5, 1.5],
    [0.75, 2],
    [0.9, 4],
    [1, 4],
  ];
  for (const [q, value] of expected) {
    it(`is ${value} for ${q}`, () => {
      expect(histogramQuantile(BUCKETS, q)).to.equal(value);
    });
  }

  it('is unknown where nothing was counted', () => {
    expect(histogramQuantile([], 0.5)).to.equal(undefined);
    expect(
      histogramQuantile(
        [
          [1, 0],
          [Infinity, 0],
        ],
        0.5,
      ),
    ).to.equal(undefined);
  });
});

describe('trafficWindow', () => {
  function counters(
    seconds: number,
    ok: number | undefined,
    versions: Readonly<Record<string, Buckets>>,
  ): TrafficCounters {
    const request = { route: '/predict', status: 200, code: 'ok' };
    return {
      atMs: seconds * 1_000,
      requests: new Map(ok === undefined ? [] : [['ok', { ...request, count: ok }]]),
      predictions: new Map(
        Object.entries(versions).map(([version, buckets]) => [
          version,
          { model: 'm', alias: 'a', version, count: buckets.at(-1)![1], rows: 0, buckets },
        ]),
      ),
    };
  }

  const buckets = (fast: number, all: number): Buckets => [
    [1, fast],
    [Infinity, all],
  ];

  it('is what the counters grew by', () => {
    const window = trafficWindow(
      counters(10, 100, { 1: buckets(50, 100) }),
      counters(15, 130, { 1: buckets(60, 130) }),
    );
    expect(window.seconds).to.equal(5);
    expect(window.requests.get('ok')).to.equal(30);
    expect(window.predictions.get('1')).to.deep.equal({ count: 30, buckets: buckets(10, 30) });
  });

  it('counts all of a series that is new', () => {
    const window = trafficWindow(counters(0, undefined, {}), counters(5, 7, { 1: buckets(7, 7) }));
    expect(window.requests.get('ok')).to.equal(7);
    expect(window.predictions.get('1')?.count).to.equal(7);
  });

  it('adds the durations of all versions', () => {
    const window = trafficWindow(
      counters(0, 0, { 1: buckets(5, 10) }),
      counters(5, 0, { 1: buckets(6, 12), 2: buckets(1, 4) }),
    );
    expect(window.buckets).to.deep.equal(buckets(2, 6));
  });

  it('takes a counter that fell for one that started again', () => {
    const window = trafficWindow(
      counters(0, 100, { 1: buckets(90, 100) }),
      counters(5, 3, { 1: buckets(1, 3) }),
    );
    expect(window.requests.get('ok')).to.equal(3);
    expect(window.predictions.get('1')).to.deep.equal({ count: 3, buckets: buckets(1, 3) });
  });
});
