import { expect } from 'chai';
import fc from 'fast-check';
import { RequestError } from '../../../src/errors.js';
import { Admission } from '../../../src/prediction/admission.js';
import { thrown } from '../../support/rejection.js';

const LIMIT_MS = 100;

describe('Admission', () => {
  let admission: Admission;

  beforeEach(() => {
    admission = new Admission(LIMIT_MS);
  });

  function enter(client: string, costMs: number, deadline = Infinity): void {
    admission.enter(client, costMs, deadline);
  }

  function refusalOf(client: string, costMs: number, deadline?: number): string {
    const before = [admission.queuedMs, admission.clients];
    const { code } = thrown(() => {
      enter(client, costMs, deadline);
    }, RequestError);
    expect([admission.queuedMs, admission.clients], 'what is refused leaves no trace').to.deep.equal(before);
    return code;
  }

  it('admits anything to an empty queue, whatever its size', () => {
    enter('a', 1_000 * LIMIT_MS);
    expect([admission.queuedMs, admission.clients]).to.deep.equal([1_000 * LIMIT_MS, 1]);
  });

  it('refuses nobody while the queue is short, not even who has all of it', () => {
    for (let i = 0; i < 5; i += 1) enter('a', 10);
    expect(admission.queuedMs).to.equal(50);
  });

  it('lets a client that is alone fill the queue, and no more', () => {
    for (let i = 0; i < 10; i += 1) enter('a', 10);
    expect(refusalOf('a', 10)).to.equal('OVERLOADED');
  });

  describe('in a queue that one client has filled', () => {
    beforeEach(() => {
      for (let i = 0; i < 10; i += 1) enter('flooder', 10);
    });

    it('gives everybody else his place', () => {
      enter('b', 10);
      enter('c', 10);
      enter('b', 10);
      expect(admission.queuedMs).to.equal(130);
    });

    it('tells the flooder that it is he, once there are others', () => {
      expect(refusalOf('flooder', 1)).to.equal('OVERLOADED');
      enter('b', 10);
      expect(refusalOf('flooder', 1)).to.equal('RATE_LIMITED');
    });

    it('gives no more than a share: the queue divided by those who have work in it', () => {
      enter('b', 50);
      expect(refusalOf('b', 1)).to.equal('RATE_LIMITED');
      expect(refusalOf('c', 34)).to.equal('OVERLOADED');
      enter('c', 33);
    });

    it('admits the flooder again when he has less than his share', () => {
      enter('b', 10);
      for (let i = 0; i < 5; i += 1) admission.leave('flooder', 10);
      expect(refusalOf('flooder', 10)).to.equal('RATE_LIMITED');
      admission.leave('flooder', 10);
      enter('flooder', 10);
    });

    it('takes no more than twice the queue, and blames nobody who has not had his share', () => {
      enter('b', 45);
      enter('c', 30);
      enter('d', 20);
      expect(refusalOf('e', 10)).to.equal('OVERLOADED');
      expect(refusalOf('d', 6)).to.equal('RATE_LIMITED');
      enter('e', 5);
      expect(refusalOf('e', 5)).to.equal('OVERLOADED');
    });
  });

  describe('before a body is read', () => {
    it('takes nothing', () => {
      admission.check('a');
      expect([admission.queuedMs, admission.clients]).to.deep.equal([0, 0]);
    });

    it('refuses what would be refused whatever it is', () => {
      enter('flooder', 101);
      enter('b', 10);
      admission.check('b');
      admission.check('c');
      const refused = thrown(() => {
        admission.check('flooder');
      }, RequestError);
      expect(refused.code).to.equal('RATE_LIMITED');
    });
  });

  describe('with deadlines', () => {
    it('refuses one that is over, also where nothing waits', () => {
      expect(refusalOf('a', 1, performance.now() - 1)).to.equal('DEADLINE_EXCEEDED');
    });

    it('refuses one that will be over before the work that waits is done', () => {
      enter('a', 40);
      expect(refusalOf('b', 1, performance.now() + 30)).to.equal('DEADLINE_EXCEEDED');
      enter('b', 1, performance.now() + 10_000);
    });

    it('says rather that there is too much than that it is too late', () => {
      enter('a', LIMIT_MS);
      expect(refusalOf('a', 1, performance.now() - 1)).to.equal('OVERLOADED');
    });
  });

  it('is as it was when everybody has left, whatever the fractions', () => {
    const costs = [0.1, 0.2, 0.3, 0.7, 1 / 3];
    for (const cost of costs) enter('a', cost);
    for (const cost of costs) admission.leave('a', cost);
    expect([admission.queuedMs, admission.clients]).to.deep.equal([0, 0]);
  });

  it('knows the most that waited since it was last empty, until somebody comes into the empty queue', () => {
    const admission = new Admission(100);
    expect(admission.peakMs).to.equal(0);
    for (const cost of [3, 4, 5]) admission.enter('a', cost, Infinity);
    admission.leave('a', 4);
    admission.enter('b', 2, Infinity);
    expect(admission.peakMs).to.equal(12);
    admission.leave('a', 3);
    admission.leave('a', 5);
    admission.leave('b', 2);
    expect([admission.queuedMs, admission.peakMs]).to.deep.equal([0, 12]);
    admission.readmit('b', 1);
    expect(admission.peakMs).to.equal(1);
  });

  it('refuses nothing when it is switched off', () => {
    const open = new Admission(Infinity);
    for (let i = 0; i < 100; i += 1) open.enter(String(i % 3), 1e6, Infinity);
    expect(open.clients).to.equal(3);
  });

  it('counts what is in it, and nothing else, whoever comes and goes', () => {
    const step = fc.record({
      client: fc.constantFrom('a', 'b', 'c', 'd'),
      costMs: fc.double({ min: 1e-3, max: 3 * LIMIT_MS, noNaN: true }),
      /** Which of those that are in leaves first; none if there is nobody. */
      leaves: fc.option(fc.nat(), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const queue = new Admission(LIMIT_MS);
        const inside: { client: string; costMs: number }[] = [];
        const look = (): void => {
          const sum = inside.reduce((total, { costMs }) => total + costMs, 0);
          expect(queue.queuedMs).to.be.at.least(0);
          expect(queue.queuedMs).to.be.closeTo(sum, 1e-6 * (inside.length + 1));
          expect(queue.clients).to.equal(new Set(inside.map(({ client }) => client)).size);
        };
        for (const { client, costMs, leaves } of steps) {
          if (leaves !== undefined && inside.length > 0) {
            const [gone] = inside.splice(leaves % inside.length, 1);
            queue.leave(gone!.client, gone!.costMs);
            look();
          }
          const before = queue.queuedMs;
          try {
            queue.enter(client, costMs, Infinity);
            inside.push({ client, costMs });
          } catch (error) {
            expect(error).to.be.instanceOf(RequestError);
            expect(before + costMs, 'refused although the queue was short').to.be.above(LIMIT_MS / 2 - 1e-3);
            expect(inside, 'refused although the queue was empty').not.to.be.empty;
          }
          look();
        }
        for (const { client, costMs } of inside) queue.leave(client, costMs);
        expect([queue.queuedMs, queue.clients]).to.deep.equal([0, 0]);
      }),
    );
  });
});
