import { expect } from 'chai';
import fc from 'fast-check';
import {
  nextAction,
  sameServable,
  type Action,
  type ServableSnapshot,
} from '../../../src/servables/version-policy.js';

const ids = fc.record({
  modelName: fc.constant('toy'),
  version: fc.constantFrom('1', '2', '3', '4'),
  digest: fc.constantFrom('sha256:a', 'sha256:b'),
});
const states = fc.constantFrom('new', 'loading', 'available', 'quiescing', 'unloaded', 'failed');
/** What a manager may hold: any number of servables that are going or gone, but each id once on its way or available. */
const servables: fc.Arbitrary<ServableSnapshot[]> = fc
  .array(fc.record({ id: ids, state: states }), { maxLength: 12, size: 'max' })
  .map((list) =>
    list.filter(
      ({ id, state }, i) =>
        isOver(state) ||
        !list.slice(0, i).some((other) => !isOver(other.state) && sameServable(other.id, id)),
    ),
  );
const worlds = fc.record({ aspired: fc.option(ids, { nil: undefined }), servables, mayLoad: fc.boolean() });

function isOver(state: ServableSnapshot['state']): boolean {
  return state === 'quiescing' || state === 'unloaded' || state === 'failed';
}

function availableIn(list: readonly ServableSnapshot[]): ServableSnapshot[] {
  return list.filter(({ state }) => state === 'available');
}

/** What there is after an action, as the manager carries it out. */
function after(list: readonly ServableSnapshot[], { kind, id }: Action): ServableSnapshot[] {
  if (kind === 'load') return [...list, { id, state: 'loading' }];
  return list.map((servable) =>
    servable.state === 'available' && sameServable(servable.id, id) ? { id, state: 'quiescing' } : servable,
  );
}

describe('nextAction, of anything there may be', () => {
  it('retires what is available and neither aspired nor the last', () => {
    fc.assert(
      fc.property(worlds, ({ aspired, servables: list, mayLoad }) => {
        const action = nextAction(aspired, list, () => mayLoad);
        fc.pre(action?.kind === 'retire');
        const available = availableIn(list);
        expect(
          available.some(({ id }) => sameServable(id, action.id)),
          'it is available',
        ).to.equal(true);
        expect(available.length, 'it is not the last').to.be.above(1);
        expect(sameServable(action.id, aspired!), 'it is aspired').to.equal(false);
      }),
    );
  });

  it('loads what is aspired, may be loaded, and is not there', () => {
    fc.assert(
      fc.property(worlds, ({ aspired, servables: list, mayLoad }) => {
        const action = nextAction(aspired, list, () => mayLoad);
        fc.pre(action?.kind === 'load');
        expect(action.id).to.equal(aspired);
        expect(mayLoad).to.equal(true);
        expect(list.some(({ id, state }) => !isOver(state) && sameServable(id, action.id))).to.equal(false);
      }),
    );
  });

  it('comes to rest, with one available if there was any, and the aspired one on its way if it may be', () => {
    fc.assert(
      fc.property(worlds, ({ aspired, servables: list, mayLoad }) => {
        let now = list;
        for (let steps = 0; ; steps += 1) {
          expect(steps, 'steps').to.be.at.most(list.length + 1);
          const action = nextAction(aspired, now, () => mayLoad);
          if (action === undefined) break;
          now = after(now, action);
        }
        fc.pre(aspired !== undefined);
        expect(availableIn(now).length).to.equal(Math.min(1, availableIn(list).length));
        const isThere = now.some(({ id, state }) => !isOver(state) && sameServable(id, aspired));
        if (mayLoad) expect(isThere).to.equal(true);
      }),
    );
  });

  it('does nothing while nothing is aspired', () => {
    fc.assert(
      fc.property(servables, (list) => {
        expect(nextAction(undefined, list, () => true)).to.equal(undefined);
      }),
    );
  });
});
