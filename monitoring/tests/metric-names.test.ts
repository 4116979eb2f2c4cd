import { expect } from 'chai';
import { metricNames } from './support/metric-names.js';

describe('names of series in an expression', () => {
  const table: [expr: string, names: string[]][] = [
    ['up', ['up']],
    [
      'sum by (job, le) (rate(a_total{code=~"b|c", d="e}f"}[5m])) / on (g) group_left (h) k:l:m > 0.5',
      ['a_total', 'k:l:m'],
    ],
    ['time() - x offset 1h > 14 * 86400 or absent(y{job="z"}) unless z', ['x', 'y', 'z']],
    ['label_replace(vector(1), "a", "$1", "b", "(.+)") and 9e9 < bool c', ['c']],
    ['a # of b\n  + c', ['a', 'c']],
  ];
  for (const [expr, names] of table) {
    it(`of ${expr} are ${names.join(', ')}`, () => {
      expect([...metricNames(expr)]).to.have.members(names);
    });
  }
});
