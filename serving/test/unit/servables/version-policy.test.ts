import { expect } from 'chai';
import type { ServableId } from '../../../src/servables/servable.js';
import type { ServableState } from '../../../src/servables/states.js';
import {
  nextAction,
  NOTHING,
  sameServable,
  type Action,
  type ServableSnapshot,
} from '../../../src/servables/version-policy.js';
import { seededRandom } from '../../support/seeded-random.js';

function id(version: string, digest = `sha256:${version}`): ServableId {
  return { modelName: 'toy', version, digest };
}

const always = (): boolean => true;
const never = (): boolean => false;

describe('nextAction', () => {
  /** What there is, as `version state`; `load 2` and `retire 1` are actions, `nothing` is none. */
  type Row = readonly [aspired: string, present: string, mayLoad: boolean, expected: string];
  const truthTable: readonly Row[] = [
    // Nothing is aspired: the registry has not answered yet.
    ['none', '', true, 'nothing'],
    ['none', '1 available', true, 'nothing'],
    ['none', '1 loading', true, 'nothing'],
    ['none', '1 available, 2 available', true, 'nothing'],

    // It is known that nothing is aspired: not even the last one stays.
    ['no version', '', true, 'nothing'],
    ['no version', '1 available', true, 'retire 1'],
    ['no version', '1 available, 2 available', true, 'retire 1'],
    ['no version', '1 loading', true, 'nothing'],
    ['no version', '1 quiescing', true, 'nothing'],
    ['no version', '1 quiescing, 2 available', true, 'retire 2'],

    // A first version.
    ['1', '', true, 'load 1'],
    ['1', '', false, 'nothing'],
    ['1', '1 new', true, 'nothing'],
    ['1', '1 loading', true, 'nothing'],
    ['1', '1 available', true, 'nothing'],
    ['1', '1 available', false, 'nothing'],
    ['1', '1 quiescing', true, 'load 1'],
    ['1', '1 unloaded', true, 'load 1'],
    ['1', '1 failed', true, 'load 1'],
    ['1', '1 failed', false, 'nothing'],

    // A successor: the champion stays until the successor is available.
    ['2', '1 available', true, 'load 2'],
    ['2', '1 available', false, 'nothing'],
    ['2', '1 available, 2 new', true, 'nothing'],
    ['2', '1 available, 2 loading', true, 'nothing'],
    ['2', '1 available, 2 failed', true, 'load 2'],
    ['2', '1 available, 2 failed', false, 'nothing'],
    ['2', '1 available, 2 quiescing', true, 'load 2'],
    ['2', '1 available, 2 available', true, 'retire 1'],
    ['2', '2 available, 1 available', false, 'retire 1'],
    ['2', '1 quiescing, 2 available', true, 'nothing'],
    ['2', '1 failed, 2 available', true, 'nothing'],
    ['2', '1 unloaded, 2 available', true, 'nothing'],
    ['2', '1 loading, 2 available', true, 'nothing'],

    // More than two.
    ['3', '1 available, 2 loading', true, 'load 3'],
    ['3', '1 available, 2 available, 3 available', true, 'retire 1'],
    ['3', '1 available, 3 available, 2 available', true, 'retire 1'],
    ['3', '1 quiescing, 2 available, 3 available', true, 'retire 2'],

    // The alias moved on while 2 was loading: 2 is newer than 1 and enough until 3 is available.
    ['3', '1 available, 2 available', true, 'retire 1'],
    ['3', '1 available, 2 available', false, 'retire 1'],
    ['3', '1 available, 2 available, 3 loading', true, 'retire 1'],
    ['3', '1 quiescing, 2 available', true, 'load 3'],
    ['3', '1 quiescing, 2 available, 3 failed', false, 'nothing'],

    // Back to a version that was here before.
    ['1', '2 available', true, 'load 1'],
    ['1', '1 available, 2 available', true, 'retire 2'],
    ['1', '1 quiescing, 2 available', true, 'load 1'],
    ['1', '1 quiescing, 1 loading, 2 available', true, 'nothing'],
    ['1', '1 quiescing, 1 available, 2 available', true, 'retire 2'],
  ];
  for (const [aspired, present, mayLoad, expected] of truthTable) {
    it(`answers "${expected}" when ${aspired} is aspired, there is ${present === '' ? 'nothing' : present}${mayLoad ? '' : ', and it must wait'}`, () => {
      const servables = present
        .split(', ')
        .filter((part) => part !== '')
        .map((part): ServableSnapshot => {
          const [version, state] = part.split(' ');
          return { id: id(version!), state: state as ServableState };
        });
      const target = aspired === 'none' ? undefined : aspired === 'no version' ? NOTHING : id(aspired);
      const action = nextAction(target, servables, mayLoad ? always : never);
      expect(action === undefined ? 'nothing' : `${action.kind} ${action.id.version}`).to.equal(expected);
      expect(nextAction(target, servables, mayLoad ? always : never), 'asked again').to.deep.equal(action);
    });
  }

  it('takes the same version with other bytes for another servable', () => {
    const present: ServableSnapshot = { id: id('1', 'sha256:old'), state: 'available' };
    expect(nextAction(id('1', 'sha256:new'), [present], always)).to.deep.equal({
      kind: 'load',
      id: id('1', 'sha256:new'),
    });
  });

  it('asks only whether what is aspired may be loaded', () => {
    const asked: string[] = [];
    nextAction(id('2'), [{ id: id('1'), state: 'available' }], ({ version }) => {
      asked.push(version);
      return true;
    });
    expect(asked).to.deep.equal(['2']);
  });
});

describe('sameServable', () => {
  it('compares model, version and digest', () => {
    expect(sameServable(id('1'), id('1'))).to.equal(true);
    expect(sameServable(id('1'), id('2', 'sha256:1'))).to.equal(false);
    expect(sameServable(id('1'), id('1', 'sha256:2'))).to.equal(false);
    expect(sameServable(id('1'), { ...id('1'), modelName: 'other' })).to.equal(false);
  });
});

describe('the policy, followed step by step', () => {
  interface Simulated {
    readonly id: ServableId;
    state: ServableState;
  }

  /** One world of random events: the alias moves, loads end well or badly, drained servables go. */
  class Simulation {
    readonly servables: Simulated[] = [];
    readonly log: string[] = [];
    readonly #random: () => number;
    readonly #blocked = new Set<string>();
    aspired: ServableId | undefined;

    constructor(seed: number) {
      this.#random = seededRandom(seed);
    }

    get available(): Simulated[] {
      return this.servables.filter(({ state }) => state === 'available');
    }

    act(): void {
      let steps = 0;
      for (let action = this.#next(); action !== undefined; action = this.#next()) {
        expect((steps += 1), `comes to rest: ${this.log.join(', ')}`).to.be.below(20);
        this.log.push(`${action.kind} ${action.id.version}`);
        if (action.kind === 'load') this.servables.push({ id: action.id, state: 'loading' });
        else this.#find(action.id, 'available').state = 'quiescing';
      }
    }

    happen(): void {
      const dice = this.#random();
      if (dice < 0.3) {
        const version = String(1 + Math.floor(this.#random() * 4));
        this.aspired = id(version);
        this.log.push(`aspire ${version}`);
      } else if (dice < 0.35) {
        this.#blocked.clear();
        this.log.push('forget failures');
      } else if (dice < 0.75) {
        const loading = this.servables.find(({ state }) => state === 'loading');
        if (loading === undefined) return;
        const good = this.#random() < 0.5;
        loading.state = good ? 'available' : 'failed';
        if (!good) this.#blocked.add(loading.id.version);
        this.log.push(`${loading.id.version} is ${loading.state}`);
      } else {
        const draining = this.servables.find(({ state }) => state === 'quiescing');
        if (draining !== undefined) draining.state = 'unloaded';
      }
    }

    /** Everything that is under way ends well, and nothing new happens. */
    settle(): void {
      this.#blocked.clear();
      this.act();
      for (const servable of this.servables) if (servable.state === 'loading') servable.state = 'available';
      this.act();
      for (const servable of this.servables) if (servable.state === 'quiescing') servable.state = 'unloaded';
    }

    #next(): Action | undefined {
      return nextAction(this.aspired, this.servables, ({ version }) => !this.#blocked.has(version));
    }

    #find(wanted: ServableId, state: ServableState): Simulated {
      return this.servables.find(
        (servable) => sameServable(servable.id, wanted) && servable.state === state,
      )!;
    }
  }

  const SEEDS = 200;
  const EVENTS = 60;

  it('keeps one available once one was, whatever happens in whatever order', () => {
    let swaps = 0;
    for (let seed = 0; seed < SEEDS; seed += 1) {
      const world = new Simulation(seed);
      let wasAvailable = false;
      for (let i = 0; i < EVENTS; i += 1) {
        world.happen();
        world.act();
        const { available } = world;
        if (wasAvailable) expect(available, `seed ${seed}: ${world.log.join(', ')}`).not.to.be.empty;
        wasAvailable ||= available.length > 0;
      }
      swaps += world.log.filter((line) => line.startsWith('retire')).length;
    }
    expect(swaps, 'the simulation does swap').to.be.above(SEEDS);
  });

  it('never loads one servable twice at once', () => {
    for (let seed = 0; seed < SEEDS; seed += 1) {
      const world = new Simulation(seed);
      for (let i = 0; i < EVENTS; i += 1) {
        world.happen();
        world.act();
        const live = world.servables
          .filter(({ state }) => state === 'loading' || state === 'available')
          .map((servable) => servable.id.version);
        expect(new Set(live).size, `seed ${seed}: ${world.log.join(', ')}`).to.equal(live.length);
      }
    }
  });

  it('ends with what is aspired, and nothing else, when things go well again', () => {
    for (let seed = 0; seed < SEEDS; seed += 1) {
      const world = new Simulation(seed);
      for (let i = 0; i < EVENTS; i += 1) {
        world.happen();
        world.act();
      }
      world.settle();
      const left = world.servables.filter(({ state }) => state !== 'unloaded' && state !== 'failed');
      expect(
        left.map((servable) => servable.id),
        `seed ${seed}: ${world.log.join(', ')}`,
      ).to.deep.equal(world.aspired === undefined ? [] : [world.aspired]);
    }
  });
});
