import { expect } from 'chai';
import fc from 'fast-check';
import { FairQueue } from '../../../src/prediction/fair-queue.js';

describe('FairQueue', () => {
  let queue: FairQueue<string>;

  beforeEach(() => {
    queue = new FairQueue();
  });

  function push(...entries: string[]): void {
    for (const entry of entries) queue.push(entry[0]!, entry);
  }

  function takeAll(): (string | undefined)[] {
    const taken: (string | undefined)[] = [];
    while (!queue.isEmpty) taken.push(queue.take());
    return taken;
  }

  it('has nothing to take when it is empty', () => {
    expect([queue.isEmpty, queue.peek(), queue.take()]).to.deep.equal([true, undefined, undefined]);
    queue.pass();
    expect(queue.isEmpty).to.equal(true);
  });

  it('takes clients in turn, and the entries of each in their order', () => {
    push('a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'b2');
    expect(takeAll()).to.deep.equal(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
  });

  it('shows whose turn it is without taking him', () => {
    push('a1', 'b1');
    expect([queue.peek(), queue.peek(), queue.take(), queue.peek()]).to.deep.equal(['a1', 'a1', 'a1', 'b1']);
  });

  it('lets nobody come first again by coming back', () => {
    push('a1', 'b1', 'c1');
    queue.take();
    push('a2');
    expect(takeAll()).to.deep.equal(['b1', 'c1', 'a2']);
  });

  it('passes the turn on and keeps the entry', () => {
    push('a1', 'a2', 'b1');
    queue.pass();
    expect(takeAll()).to.deep.equal(['b1', 'a1', 'a2']);
  });

  it('keeps the turn with a client that is alone', () => {
    push('a1', 'a2');
    queue.pass();
    expect(takeAll()).to.deep.equal(['a1', 'a2']);
  });

  it('forgets clients that have nothing in it', () => {
    push('a1');
    queue.take();
    expect(queue.isEmpty).to.equal(true);
  });

  it('gives out everything once, in order by client, and lets nobody wait for two of another', () => {
    const clients = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 60 });
    fc.assert(
      fc.property(clients, (order) => {
        const numbers = new FairQueue<readonly [client: number, entry: number]>();
        order.forEach((client, i) => {
          numbers.push(String(client), [client, i]);
        });
        const taken: (readonly [number, number])[] = [];
        while (!numbers.isEmpty) taken.push(numbers.take()!);

        expect(taken.map(([, i]) => i).sort((a, b) => a - b)).to.deep.equal(order.map((_, i) => i));
        for (const client of new Set(order)) {
          const own = taken.filter(([of]) => of === client).map(([, i]) => i);
          expect(own).to.deep.equal([...own].sort((a, b) => a - b));
          // Between two entries of a client, every other one has at most one turn.
          const turns = taken.flatMap(([of], turn) => (of === client ? [turn] : []));
          turns.slice(1).forEach((turn, i) => {
            const between = taken.slice(turns[i]! + 1, turn).map(([of]) => of);
            expect(new Set(between).size).to.equal(between.length);
          });
        }
      }),
    );
  });
});
