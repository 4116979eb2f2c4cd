import { expect } from 'chai';
import type { RequestRecord } from '../../../../local/cluster/load-report.js';
import { figuresOf, servedFrom, type FleetLook } from '../../../../local/rollback-demo/scene.js';

const look = (at: number, version: string | undefined): FleetLook => ({ at, version });

describe('from when on a fleet serves a version', () => {
  const cases: readonly {
    readonly title: string;
    readonly looks: readonly FleetLook[];
    readonly expected: number | undefined;
  }[] = [
    { title: 'from the first look that saw it', looks: [look(10, '2'), look(20, '1')], expected: 20 },
    { title: 'at once where nothing else was seen', looks: [look(10, '1'), look(20, '1')], expected: 10 },
    {
      title: 'from when all workers agreed, and not from when the first had it',
      looks: [look(10, '2'), look(20, undefined), look(30, '1')],
      expected: 30,
    },
    {
      title: 'from the last time that it came back',
      looks: [look(10, '1'), look(20, '2'), look(30, '1')],
      expected: 30,
    },
    {
      title: 'never where the last look saw another',
      looks: [look(10, '1'), look(20, '2')],
      expected: undefined,
    },
    { title: 'never where nobody looked', looks: [], expected: undefined },
    { title: 'not by what was seen before', looks: [look(1, '2'), look(10, '1')], expected: 10 },
  ];
  for (const { title, looks, expected } of cases) {
    it(`is ${title}`, () => {
      expect(servedFrom(looks, '1', 5)).to.equal(expected);
    });
  }
});

describe('figures of clients', () => {
  it('count answers by version, and a failed request for no version', () => {
    const records: readonly RequestRecord[] = [
      { at: 0, ms: 4, status: 200, version: '1' },
      { at: 1, ms: 6, status: 200, version: '2' },
      { at: 2, ms: 900, status: 500, version: '2', failure: 'status 500: no' },
    ];
    const { requests, failures, byVersion, p99Ms } = figuresOf('calm clients', records);
    expect({ requests, failures, byVersion }).to.deep.equal({
      requests: 3,
      failures: ['status 500: no'],
      byVersion: { 1: 1, 2: 1 },
    });
    expect(p99Ms).to.be.within(4, 6);
  });
});
