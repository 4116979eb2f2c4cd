import { expect } from 'chai';
import { driftState } from '../../../src/quality/drift-state.js';

describe('driftState', () => {
  const thresholds = { upper: 0.25, lower: 0.1 };

  for (const [was, index, becomes] of [
    [false, 0.05, 'calm'],
    [false, 0.1, 'calm'],
    [false, 0.2, 'calm'],
    [false, 0.25, 'calm'],
    [false, 0.26, 'drifted'],
    [true, 0.26, 'drifted'],
    [true, 0.2, 'drifted'],
    [true, 0.1, 'drifted'],
    [true, 0.09, 'calm'],
  ] as const) {
    it(`is ${becomes} at ${index} after ${was ? 'drift' : 'calm'}`, () => {
      expect(driftState(was, index, thresholds)).to.equal(becomes);
    });
  }
});
