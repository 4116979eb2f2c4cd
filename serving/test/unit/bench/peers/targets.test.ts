import { expect } from 'chai';
import type { Comparison, Line } from '../../../../bench/peers/comparison.js';
import { targets } from '../../../../bench/peers/targets.js';

/** A line whose rounds took so many microseconds of CPU and milliseconds of time. */
function line(server: Line['server'], title: string, form: Line['form'], values: readonly number[]): Line {
  return {
    server,
    title,
    form,
    requestBytes: 1,
    rounds: values.map((value) => ({
      requests: 1,
      requestsPerSecond: 1,
      cpuUsPerRequest: value,
      busy: 1,
      medianMs: value,
      p99Ms: value,
      rssBytes: 1,
    })),
  };
}

const nothing: Comparison = {
  oneRow: [],
  oneRowGrpc: [],
  batch: [],
  swaps: { swaps: 0, requests: 0, steadyP99Ms: [], swappingP99Ms: [] },
};

describe('targets beside the peers', () => {
  it('hold the median of this tier against that of the peer', () => {
    const oneRow = [
      line('tier', 'this tier', 'names', [90, 20, 10]),
      line('tier', 'another protocol', 'positions', [1]),
      line('fastapi', 'FastAPI', 'names', [100, 200, 50]),
    ];
    expect(targets({ ...nothing, oneRow })).to.deep.equal([
      { promise: 'CPU of one row beside FastAPI', measured: 0.2, limit: 0.2, unit: 'x' },
    ]);
  });

  it('hold batches against the fastest peer that is asked in the same form', () => {
    const batch = [
      line('tier', 'this tier', 'names', [100]),
      line('starlette', 'Starlette', 'names', [200]),
      line('fastapi', 'FastAPI', 'names', [400]),
      line('mlserver', 'MLServer', 'positions', [10]),
    ];
    const [verdict, ...others] = targets({ ...nothing, batch });
    expect(verdict).to.include({ measured: 0.5, limit: 1 });
    expect(verdict?.promise).to.include('Starlette');
    expect(others).to.deep.equal([]);
  });

  it('say nothing of servers that did not take part', () => {
    expect(targets({ ...nothing, oneRow: [line('tier', 'this tier', 'names', [1])] })).to.deep.equal([]);
  });
});
