import { expect } from 'chai';
import { mixedRows } from '../../../bench/load/k6/row-source.js';

describe('rows for a load test', () => {
  it('are mixed by column: no value leaves its column', () => {
    const rows = [
      { age: 20, grade: 'a' },
      { age: 30, grade: 'b' },
      { age: 40, grade: null },
    ];
    const mixed = mixedRows(rows, 200) as typeof rows;
    expect(mixed).to.have.length(200);
    expect(new Set(mixed.map(({ age }) => age))).to.deep.equal(new Set([20, 30, 40]));
    expect(new Set(mixed.map(({ grade }) => grade))).to.deep.equal(new Set(['a', 'b', null]));
    expect(new Set(mixed.map((row) => JSON.stringify(row)))).to.have.property('size', 9);
  });

  it('stay lists where they are lists', () => {
    for (const row of mixedRows(
      [
        [1, 'x'],
        [2, 'y'],
      ],
      20,
    )) {
      expect(row).to.have.length(2);
      expect(row[0 as never]).to.be.oneOf([1, 2]);
    }
  });

  it('are taken as they are where they differ in form', () => {
    const rows = [{ a: 1 }, { a: 1, b: 2 }];
    expect(mixedRows(rows, 50).every((row) => rows.includes(row as never))).to.equal(true);
  });
});
