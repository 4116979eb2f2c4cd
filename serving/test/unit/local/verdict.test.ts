import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import { describeVerdict } from '../../../local/verdict.js';

// The terminal's colours, where there are any, are not what is tested.
const plain = (lines: string[]): string[] => lines.map((line) => stripVTControlCharacters(line));

describe('describeVerdict', () => {
  const gates = {
    selected: 'linear',
    dossiers: { linear: 'http://mlflow/1', deep: 'http://mlflow/2' },
    verdicts: {
      linear: [
        { name: 'discrimination', verdict: 'passed', reason: 'AUC 0.81' },
        { name: 'stability', verdict: 'not_applicable', reason: 'there is no champion' },
      ],
      deep: [
        { name: 'discrimination', verdict: 'failed', reason: 'AUC 0.61' },
        { name: 'calibration', verdict: 'passed', reason: 'ECE 0.01' },
      ],
      shifted: [{ name: 'stability', verdict: 'needs_approval', reason: 'PSI 0.3' }],
    },
  };

  it('says all about the selected candidate, and of the others what stands against them', () => {
    expect(plain(describeVerdict(gates))).to.deep.equal([
      'linear selected',
      '  passed discrimination: AUC 0.81',
      '  not applicable: stability',
      '  dossier: http://mlflow/1',
      'deep rejected',
      '  failed discrimination: AUC 0.61',
      'shifted passed, not selected',
      '  needs approval stability: PSI 0.3',
    ]);
  });

  it('says where to read why, where none is selected', () => {
    const { deep, shifted } = gates.verdicts;
    const verdicts = { deep, shifted };
    expect(plain(describeVerdict({ ...gates, selected: null, verdicts }))).to.include(
      '  dossier: http://mlflow/2',
    );
  });

  it('has nothing to say about what other tasks return', () => {
    for (const value of [undefined, null, 'text', 7, ['a'], { version: '1', digest: 'sha256:0' }]) {
      expect(describeVerdict(value)).to.deep.equal([]);
    }
  });
});
