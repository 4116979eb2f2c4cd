import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import { describeVerdict } from '../../../local/verdict.js';

// The terminal's colours, where there are any, are not what is tested.
const plain = (lines: string[]): string[] => lines.map((line) => stripVTControlCharacters(line));

describe('describeVerdict', () => {
  it('says what each gate decided about each candidate, and why', () => {
    const gates = {
      selected: 'linear',
      verdicts: {
        linear: [{ name: 'auc_floor', verdict: 'passed', reason: 'AUC 0.81' }],
        deep: [{ name: 'auc_floor', verdict: 'failed', reason: 'AUC 0.61' }],
        shifted: [{ name: 'stability', verdict: 'needs_approval', reason: 'PSI 0.3' }],
      },
    };
    expect(plain(describeVerdict(gates))).to.deep.equal([
      'linear selected',
      '  passed auc_floor: AUC 0.81',
      'deep',
      '  failed auc_floor: AUC 0.61',
      'shifted',
      '  needs approval stability: PSI 0.3',
    ]);
  });

  it('has nothing to say about what other tasks return', () => {
    for (const value of [undefined, null, 'text', 7, ['a'], { version: '1', digest: 'sha256:0' }]) {
      expect(describeVerdict(value)).to.deep.equal([]);
    }
  });
});
