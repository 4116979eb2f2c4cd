import { expect } from 'chai';
import fc from 'fast-check';
import { BodyBudget, UNCOUNTED_BYTES, type BodyLease } from '../../../src/api/body-budget.js';
import { RequestError } from '../../../src/errors.js';
import { thrown } from '../../support/rejection.js';

const MAX_BYTES = 1_000;

describe('BodyBudget', () => {
  let budget: BodyBudget;

  beforeEach(() => {
    budget = new BodyBudget(MAX_BYTES);
  });

  function chunked(): BodyLease {
    return budget.lease({ 'transfer-encoding': 'chunked' })!;
  }

  function refusalOf(run: () => void): string {
    const before = budget.heldBytes;
    const { code } = thrown(run, RequestError);
    expect(budget.heldBytes, 'what is refused takes nothing').to.equal(before);
    return code;
  }

  it('does not count a body that is announced to be small', () => {
    expect(budget.lease({})).to.equal(undefined);
    expect(budget.lease({ 'content-length': '0' })).to.equal(undefined);
    expect(budget.lease({ 'content-length': String(UNCOUNTED_BYTES) })).to.equal(undefined);
    expect(budget.lease({ 'content-length': String(UNCOUNTED_BYTES + 1) })).not.to.equal(undefined);
  });

  it('counts a body whose length nobody knows, from where it is no longer small', () => {
    const lease = chunked();
    lease.add(UNCOUNTED_BYTES);
    expect(budget.heldBytes).to.equal(0);
    lease.add(10);
    lease.add(5);
    expect(budget.heldBytes).to.equal(15);
  });

  it('takes nothing for what is announced', () => {
    const lease = budget.lease({ 'content-length': String(UNCOUNTED_BYTES + MAX_BYTES) })!;
    lease.announce(UNCOUNTED_BYTES + MAX_BYTES);
    expect(budget.heldBytes).to.equal(0);
  });

  it('refuses what is announced and does not fit at present, and takes it when it does', () => {
    const other = chunked();
    other.add(UNCOUNTED_BYTES + 1);
    const lease = chunked();
    const announce = (): void => {
      lease.announce(UNCOUNTED_BYTES + MAX_BYTES);
    };
    expect(refusalOf(announce)).to.equal('OVERLOADED');
    other.release();
    announce();
  });

  it('refuses the byte too many, whoever brings it, and small bodies never', () => {
    const first = chunked();
    first.add(UNCOUNTED_BYTES + MAX_BYTES - 1);
    const second = chunked();
    second.add(UNCOUNTED_BYTES + 1);
    for (const lease of [first, second]) {
      expect(
        refusalOf(() => {
          lease.add(1);
        }),
      ).to.equal('OVERLOADED');
    }
    chunked().add(UNCOUNTED_BYTES);
  });

  it('gets back once what was taken, also by a request that was refused', () => {
    const lease = chunked();
    lease.add(UNCOUNTED_BYTES + MAX_BYTES);
    refusalOf(() => {
      lease.add(1);
    });
    lease.release();
    lease.release();
    expect(budget.heldBytes).to.equal(0);
  });

  it('holds what its leases hold and never more than it has, whoever comes and goes', () => {
    const step = fc.record({ who: fc.nat(3), bytes: fc.nat(2 * UNCOUNTED_BYTES), leaves: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const shared = new BodyBudget(2 * UNCOUNTED_BYTES);
        const leases = Array.from({ length: 4 }, () => shared.lease({ 'transfer-encoding': 'chunked' })!);
        const held = [0, 0, 0, 0];
        for (const { who, bytes, leaves } of steps) {
          if (leaves) {
            leases[who]!.release();
            held[who] = 0;
          } else {
            try {
              leases[who]!.add(bytes);
              held[who]! += bytes;
            } catch (error) {
              expect(error).to.be.instanceOf(RequestError);
            }
          }
          const counted = held.reduce((sum, own) => sum + Math.max(0, own - UNCOUNTED_BYTES), 0);
          expect(shared.heldBytes)
            .to.equal(counted)
            .and.to.be.at.most(2 * UNCOUNTED_BYTES);
        }
      }),
    );
  });
});
