import { expect } from 'chai';
import fc from 'fast-check';
import { OffsetLedger } from '../../../src/stream/offset-ledger.js';

function ledgerOf(taken: readonly number[], finished: readonly number[]): OffsetLedger {
  const ledger = new OffsetLedger();
  for (const offset of taken) ledger.take(offset);
  for (const offset of finished) ledger.finish(offset);
  return ledger;
}

describe('the ledger of offsets', () => {
  it('lets nothing be committed beyond the first that is not finished', () => {
    expect(ledgerOf([5, 6, 7, 8], [6, 7]).committable()).to.equal(undefined);
    expect(ledgerOf([5, 6, 7, 8], [7, 5]).committable()).to.equal(6);
    expect(ledgerOf([5, 6, 7, 8], [8, 7, 6, 5]).committable()).to.equal(9);
  });

  it('takes offsets that compaction has left out for finished', () => {
    expect(ledgerOf([5, 9, 40], [5, 9]).committable()).to.equal(10);
  });

  it('knows what was delivered before until it is committed', () => {
    const ledger = ledgerOf([5, 6], [5]);
    expect(ledger.take(5)).to.equal(false);
    expect(ledger.take(6)).to.equal(false);
    ledger.committed(6);
    expect(ledger.take(5)).to.equal(true);
    expect(ledger.size).to.equal(2);
  });

  it('offers the same offset again until the broker has taken it', () => {
    const ledger = ledgerOf([5, 6], [5]);
    expect(ledger.committable()).to.equal(6);
    expect(ledger.committable()).to.equal(6);
    ledger.committed(6);
    expect(ledger.committable()).to.equal(undefined);
  });

  it('never commits past what has no result, in whatever order things are delivered, finished and committed', () => {
    const operation = fc.record({
      kind: fc.constantFrom('take', 'finish', 'commit'),
      offset: fc.integer({ min: 0, max: 40 }),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
        const ledger = new OffsetLedger();
        const pending = new Set<number>();
        const finished = new Set<number>();
        for (const { kind, offset } of operations) {
          if (kind === 'take') {
            const isKnown = pending.has(offset) || finished.has(offset);
            expect(ledger.take(offset)).to.equal(!isKnown);
            if (!isKnown) pending.add(offset);
          } else if (kind === 'finish') {
            ledger.finish(offset);
            if (pending.delete(offset)) finished.add(offset);
          } else {
            const next = ledger.committable();
            if (next === undefined) continue;
            expect(Math.min(...pending)).to.be.at.least(next);
            ledger.committed(next);
            for (const done of finished) if (done < next) finished.delete(done);
          }
          // All that can be committed is offered: up to the first that is pending.
          const first = Math.min(...pending);
          const prefix = [...finished].filter((done) => done < first);
          expect(ledger.committable()).to.equal(prefix.length === 0 ? undefined : Math.max(...prefix) + 1);
          expect(ledger.size).to.equal(pending.size + finished.size);
        }
      }),
    );
  });
});
