import { expect } from 'chai';
import { Ledger, type Entry } from '../../../../local/drift-demo/ledger.js';

const entry = (applicant: number, version: string, predictedAt = 0): Entry => ({
  requestId: `${version}-${applicant}`,
  population: 'shifted',
  applicant,
  version,
  predictedAt,
  score: 0.5,
  label: 0,
});

describe('the ledger of predictions and outcomes', () => {
  it('gives what is old enough, the oldest first, and gives it again until its outcome was accepted', () => {
    const ledger = new Ledger();
    const [first, second, third] = [entry(0, '1', 10), entry(1, '1', 20), entry(2, '1', 30)];
    for (const one of [first, second, third]) ledger.predicted(one);

    expect(ledger.due(20, 10)).to.deep.equal([first, second]);
    expect(ledger.due(20, 1)).to.deep.equal([first]);
    ledger.outcomesAccepted([first]);
    expect(ledger.due(20, 10)).to.deep.equal([second]);
  });

  it('knows no label before its outcome was accepted', () => {
    const ledger = new Ledger();
    ledger.predicted(entry(0, '1'));
    expect(ledger.known('1', 'shifted')).to.deep.equal([]);
    ledger.outcomesAccepted(ledger.due(0, 1));
    expect(ledger.known('1', 'shifted')).to.have.length(1);
    expect(ledger.known('1', 'calm')).to.deep.equal([]);
  });

  it('compares two versions on the applicants that both have judged', () => {
    const ledger = new Ledger();
    const entries = [entry(0, '1'), entry(1, '1'), entry(1, '2'), entry(2, '2')];
    for (const one of entries) ledger.predicted(one);
    ledger.outcomesAccepted(entries);

    const { one, other } = ledger.shared('shifted', '1', '2');

    expect(one.map(({ requestId }) => requestId)).to.deep.equal(['1-1']);
    expect(other.map(({ requestId }) => requestId)).to.deep.equal(['2-1']);
  });
});
