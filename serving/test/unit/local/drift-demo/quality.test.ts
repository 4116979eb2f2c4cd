import { expect } from 'chai';
import fc from 'fast-check';
import { qualityOf, type Judged } from '../../../../local/drift-demo/quality.js';

const rows = (...pairs: readonly [number, 0 | 1][]): Judged[] =>
  pairs.map(([score, label]) => ({ score, label }));

describe('quality of predictions whose outcome is known', () => {
  it('is not known without rows', () => {
    expect(qualityOf([])).to.equal(undefined);
  });

  it('counts the pairs that are in the right order', () => {
    const mixed = rows([0.1, 0], [0.4, 0], [0.35, 1], [0.8, 1]);
    expect(qualityOf(mixed)!.auc).to.equal(0.75);
  });

  it('gives half a point to a pair of equal scores', () => {
    expect(qualityOf(rows([0.5, 0], [0.5, 1]))!.auc).to.equal(0.5);
  });

  it('has no AUC while all outcomes are the same', () => {
    expect(qualityOf(rows([0.1, 0], [0.9, 0]))!.auc).to.equal(undefined);
  });

  it('says how far scores are from what came', () => {
    const quality = qualityOf(rows([0.2, 0], [0.2, 1]))!;
    expect(quality.brier).to.be.closeTo((0.04 + 0.64) / 2, 1e-12);
    expect(quality.bias).to.be.closeTo(-0.3, 1e-12);
    expect(quality.defaultRate).to.equal(0.5);
  });

  it('agrees with counting every pair', () => {
    const judged = fc.record({
      score: fc.integer({ min: 0, max: 9 }).map((tenth) => tenth / 10),
      label: fc.constantFrom<0 | 1>(0, 1),
    });
    fc.assert(
      fc.property(fc.array(judged, { minLength: 2, maxLength: 40 }), (list) => {
        const pairs = list
          .filter(({ label }) => label === 1)
          .flatMap((bad) =>
            list
              .filter(({ label }) => label === 0)
              .map((good) => (bad.score > good.score ? 1 : bad.score === good.score ? 0.5 : 0)),
          );
        const expected = pairs.reduce((sum: number, pair) => sum + pair, 0) / pairs.length;
        const { auc } = qualityOf(list)!;
        if (pairs.length === 0) expect(auc).to.equal(undefined);
        else expect(auc).to.be.closeTo(expected, 1e-12);
      }),
    );
  });
});
