import { expect } from 'chai';
import fc from 'fast-check';
import { RowBatch } from '../../../src/servables/row-batch.js';
import type { GraphInput } from '../../../src/servables/row-encoder.js';

const PORTS: readonly GraphInput[] = [
  { name: 'numbers', type: 'float32', width: 2 },
  { name: 'words', type: 'string', width: 1 },
  { name: 'ids', type: 'int64', width: 1 },
];

/** Rows that tell themselves apart, written as an encoder does. */
function fill(batch: RowBatch, ...rows: number[]): void {
  rows.forEach((row, i) => {
    const at = batch.rows + i;
    (batch.inputs[0] as Float32Array).set([row, -row], 2 * at);
    (batch.inputs[1] as string[])[at] = `row ${row}`;
    (batch.inputs[2] as BigInt64Array)[at] = BigInt(row);
  });
  batch.keep(rows.length);
}

function expected(...rows: number[]): unknown[] {
  return [
    Float32Array.from(rows.flatMap((row) => [row, -row])),
    rows.map((row) => `row ${row}`),
    BigInt64Array.from(rows, BigInt),
  ];
}

describe('RowBatch', () => {
  let batch: RowBatch;

  beforeEach(() => {
    batch = new RowBatch(PORTS, 6);
  });

  it('has room for its rows at every input, as wide as that is', () => {
    expect(batch.inputs.map(({ length }) => length)).to.deep.equal([12, 6, 6]);
    expect([batch.rows, batch.room, batch.capacity]).to.deep.equal([0, 6, 6]);
  });

  it('holds the rows that are kept, and not those that are only written', () => {
    fill(batch, 1, 2);
    (batch.inputs[1] as string[])[2] = "nobody's";
    expect([batch.rows, batch.room]).to.deep.equal([2, 4]);
    expect(batch.view()).to.deep.equal({ rows: 2, inputs: expected(1, 2) });
  });

  it('shows some of its rows', () => {
    fill(batch, 1, 2, 3);
    expect(batch.view(1, 3)).to.deep.equal({ rows: 2, inputs: expected(2, 3) });
    expect(batch.view(1, 1)).to.deep.equal({ rows: 0, inputs: expected() });
  });

  it('copies no numbers to show them, and nothing where it shows all that it has room for', () => {
    fill(batch, 1, 2, 3);
    expect((batch.view(1, 3).inputs[0] as Float32Array).buffer).to.equal(
      (batch.inputs[0] as Float32Array).buffer,
    );
    fill(batch, 4, 5, 6);
    expect(batch.view().inputs).to.equal(batch.inputs);
  });

  for (const [from, rows, left] of [
    [0, 2, [3, 4, 5]],
    [1, 2, [1, 4, 5]],
    [3, 2, [1, 2, 3]],
    [0, 5, []],
  ] as const) {
    it(`closes the gap when it takes out ${rows} rows from ${from} on`, () => {
      fill(batch, 1, 2, 3, 4, 5);
      batch.remove(from, rows);
      expect(batch.view()).to.deep.equal({ rows: left.length, inputs: expected(...left) });
    });
  }

  it('is filled from the front again after it was cleared', () => {
    fill(batch, 1, 2, 3);
    batch.clear();
    expect([batch.rows, batch.room]).to.deep.equal([0, 6]);
    fill(batch, 9);
    expect(batch.view()).to.deep.equal({ rows: 1, inputs: expected(9) });
  });

  it('holds what a list would hold after the same steps', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('fill' as const), rows: fc.integer({ min: 0, max: 4 }) }),
      fc.record({ kind: fc.constant('remove' as const), from: fc.nat(), rows: fc.nat() }),
      fc.record({ kind: fc.constant('clear' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const own = new RowBatch(PORTS, 8);
        let model: number[] = [];
        let next = 0;
        for (const made of steps) {
          if (made.kind === 'clear') {
            own.clear();
            model = [];
          } else if (made.kind === 'fill') {
            const rows = Array.from({ length: Math.min(made.rows, own.room) }, () => (next += 1));
            fill(own, ...rows);
            model.push(...rows);
          } else if (model.length > 0) {
            const from = made.from % model.length;
            const rows = made.rows % (model.length - from + 1);
            own.remove(from, rows);
            model.splice(from, rows);
          }
          expect(own.view()).to.deep.equal({ rows: model.length, inputs: expected(...model) });
          expect(own.rows + own.room).to.equal(8);
        }
      }),
    );
  });
});
