import { expect } from 'chai';
import { CaseSource } from '../../fuzz/case-source.js';
import { readFinding, writeFinding } from '../../fuzz/fuzz-case.js';
import { draftManifest } from '../../support/manifests.js';

const MANIFESTS = [draftManifest({})];
const CASES = 300;

describe('CaseSource', () => {
  it('makes the same case of the same seed and number, whatever was made before', () => {
    const inOrder = new CaseSource(7, MANIFESTS);
    const cases = Array.from({ length: CASES }, (_, number) => inOrder.at(number));
    const backwards = new CaseSource(7, MANIFESTS);
    for (let number = CASES - 1; number >= 0; number -= 1) {
      expect(backwards.at(number), `case ${number}`).to.deep.equal(cases[number]);
    }
  });

  it('makes other cases of another seed', () => {
    const [one, two] = [new CaseSource(1, MANIFESTS), new CaseSource(2, MANIFESTS)];
    const same = Array.from({ length: CASES }, (_, n) => one.at(n).what === two.at(n).what);
    expect(same.filter((equal) => equal).length).to.be.below(CASES / 10);
  });

  it('makes cases that are the same after they were written down', () => {
    const source = new CaseSource(3, MANIFESTS);
    const cases = Array.from({ length: CASES }, (_, number) => source.at(number));
    expect(readFinding(writeFinding({ cases, problems: ['one'] }))).to.deep.equal({
      cases,
      problems: ['one'],
    });
  });
});
