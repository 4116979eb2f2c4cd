import { expect } from 'chai';
import { jensenShannonDistance, populationStabilityIndex } from '../../../src/quality/divergence.js';

/**
 * The expected values come from numpy and scipy:
 *
 *   p, q = ((x / x.sum() + 1e-4) / (1 + len(x) * 1e-4) for x in (reference, current))
 *   psi = ((q - p) * np.log(q / p)).sum()
 *   js = scipy.spatial.distance.jensenshannon(reference, current, 2)
 */
const CASES = [
  { reference: [50, 50], current: [25, 75], psi: 0.2745315169696105, js: 0.22089576884901735 },
  { reference: [10, 20, 30, 40], current: [40, 30, 20, 10], psi: 0.9120217911800633, js: 0.3918681606471552 },
  { reference: [60, 40, 0], current: [540, 360, 100], psi: 0.7011989480792299, js: 0.227813872100264 },
  { reference: [100, 0], current: [0, 100], psi: 18.41719729449413, js: 1 },
];

describe('divergence of counts', () => {
  for (const { reference, current, psi, js } of CASES) {
    it(`between [${reference.join()}] and [${current.join()}] is what scipy says`, () => {
      expect(populationStabilityIndex(reference, current)).to.be.closeTo(psi, 1e-12);
      expect(jensenShannonDistance(reference, current)).to.be.closeTo(js, 1e-12);
    });

    it(`is the same the other way round ([${reference.join()}])`, () => {
      expect(populationStabilityIndex(current, reference)).to.be.closeTo(psi, 1e-12);
      expect(jensenShannonDistance(current, reference)).to.be.closeTo(js, 1e-12);
    });
  }

  it('is 0 for equal shares, however many rows there are and whichever bins are empty', () => {
    for (const [reference, current] of [
      [
        [1, 2, 3, 4],
        [10, 20, 30, 40],
      ],
      [
        [1_000, 0, 1_000],
        [5, 0, 5],
      ],
    ] as const) {
      expect(populationStabilityIndex(reference, current)).to.be.closeTo(0, 1e-12);
      expect(jensenShannonDistance(reference, current)).to.be.closeTo(0, 1e-7);
    }
  });
});
