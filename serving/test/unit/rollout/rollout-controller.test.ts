import { expect } from 'chai';
import { PromotionError } from '../../../src/promotion/promotion-error.js';
import type { ModelRegistry } from '../../../src/registry/model-registry.js';
import type { PromotionRecords } from '../../../src/registry/promotion-records.js';
import {
  quarantinesIn,
  quarantineTag,
  TRAFFIC_POLICY_TAG,
  writeQuarantine,
} from '../../../src/registry/traffic-tags.js';
import type { TrafficEvidence } from '../../../src/rollout/evidence.js';
import { readPlan } from '../../../src/rollout/plan.js';
import type { Question } from '../../../src/rollout/prometheus-evidence.js';
import { endRollout } from '../../../src/rollout/end-rollout.js';
import {
  RolloutController,
  type Look,
  type RolloutRequest,
  type RolloutSources,
} from '../../../src/rollout/rollout-controller.js';
import { FakePromotionRecords } from '../../fakes/fake-promotion-records.js';
import { FakeRegistry } from '../../fakes/fake-registry.js';
import { FakeReplica } from '../../fakes/fake-replica.js';
import { writePackage } from '../../support/package-folders.js';
import { rejection } from '../../support/rejection.js';
import { counts, evidenceOf, observed } from './observations.js';

const MINUTE = 60_000;
const plan = readPlan('canary: {percents: [10, 100]}');

class Killed extends Error {
  override readonly name = 'Killed';
}

/** Changes something in the registry or its records. */
const CHANGES: ReadonlySet<PropertyKey> = new Set<keyof ModelRegistry | keyof PromotionRecords>([
  'setRegisteredModelAlias',
  'setModelVersionTag',
  'setRegisteredModelTag',
  'deleteRegisteredModelTag',
  'writeOnce',
]);

describe('the controller of a rollout', () => {
  const modelPackage = writePackage();
  let world: World;

  /** A registry with champion 1 and two blessed versions more, its records, and live traffic. */
  class World {
    readonly registry = new FakeRegistry();
    readonly records = new FakePromotionRecords();
    now = Date.parse('2026-03-01T08:00:00Z');
    /** What Prometheus says of a phase; healthy traffic unless told. */
    traffic: (question: Question) => TrafficEvidence = () => evidenceOf(observed()).traffic;
    replicas: readonly string[] = [];
    /** Changes from now on; the one with this number is the last thing that its command does. */
    changes = 0;
    killAt: number | undefined;
    killBefore = true;

    prepare(): this {
      for (const digit of ['1', '2', '3']) {
        const digest = `sha256:${digit.repeat(64)}`;
        const tags = { package_digest: digest, blessing: 'blessed', blessing_digest: digest };
        this.registry.register(modelPackage, tags);
      }
      this.registry.point('toy', 'champion', '1');
      return this;
    }

    controller(overrides: Partial<RolloutRequest> = {}): RolloutController {
      const sources: RolloutSources = {
        registry: this.#mortal(this.registry),
        records: this.#mortal(this.records),
        gather: (question) => Promise.resolve(this.traffic(question)),
        now: () => new Date(this.now),
      };
      return new RolloutController(sources, {
        ...{ model: 'toy', version: '2', begin: 'shadow', again: false, plan, replicas: this.replicas },
        ...{ by: 'ana', approvedBy: undefined, publicKeys: undefined },
        ...overrides,
      });
    }

    look(overrides: Partial<RolloutRequest> = {}): Promise<Look> {
      return this.controller(overrides).look();
    }

    /** Looks every quarter of an hour until the rollout is over; each look by a command of its own. */
    async lookUntilOver(overrides: Partial<RolloutRequest> = {}): Promise<Look> {
      for (let i = 0; i < 50; i += 1) {
        const look = await this.look(overrides);
        if (!['running', 'paused'].includes(look.state)) return look;
        this.now += 15 * MINUTE;
      }
      throw new Error('It never ends');
    }

    async aliasAndTags(): Promise<{ champion: string | undefined; tags: Record<string, string> }> {
      const { aliases, tags } = await this.registry.getRegisteredModel('toy');
      return { champion: aliases.get('champion'), tags: Object.fromEntries(tags) };
    }

    async policy(): Promise<string | undefined> {
      return (await this.aliasAndTags()).tags[TRAFFIC_POLICY_TAG];
    }

    decisions(): string[] {
      return [...this.records.written]
        .filter(([key]) => /^rollout-\d{6}-\d{6}$/.test(key))
        .map(([, text]) => JSON.parse(text) as { decision: string; phase: string; percent: number | null })
        .map(({ decision, phase, percent }) => `${decision} ${phase} ${percent ?? ''}`.trim());
    }

    #mortal<T extends object>(target: T): T {
      return new Proxy(target, {
        get: (object, key) => {
          const value: unknown = Reflect.get(object, key);
          if (typeof value !== 'function') return value;
          return async (...args: unknown[]) => {
            const isLast = CHANGES.has(key) && ++this.changes === this.killAt;
            if (isLast && this.killBefore) throw new Killed();
            const answer: unknown = await Reflect.apply(value, object, args);
            if (isLast) throw new Killed();
            return answer;
          };
        },
      });
    }
  }

  const failing = (share: number): TrafficEvidence =>
    evidenceOf(observed({ candidate: counts(2_000, { failures: 2_000 * share }) })).traffic;

  beforeEach(() => {
    world = new World().prepare();
  });

  it('takes a version that is as good through every phase by itself, and leaves no split behind', async () => {
    const look = await world.lookUntilOver();
    expect(look).to.include({ state: 'completed', decision: 'complete', version: '2', champion: '1' });
    expect(world.decisions()).to.deep.equal([
      'begin shadow 100',
      'advance canary 10',
      'advance canary 100',
      'promote baking',
      'complete baking',
    ]);
    expect(await world.aliasAndTags()).to.deep.equal({ champion: '2', tags: {} });
    expect(world.records.lines('move').map(({ action, to, by }) => [action, to, by])).to.deep.equal([
      ['observed', '1', 'unknown'],
      ['promote', '2', 'rollout'],
    ]);
  });

  it('splits live traffic as its phase says', async () => {
    const seen: (string | undefined)[] = [];
    for (let i = 0; i < 5; i += 1) {
      await world.look();
      seen.push(await world.policy());
      world.now += 15 * MINUTE;
    }
    expect(seen.map((text) => JSON.parse(text!) as unknown)).to.deep.equal([
      { shadow: { version: '2', percent: 100 } },
      { canary: { version: '2', percent: 10 } },
      { canary: { version: '2', percent: 100 } },
      { shadow: { version: '1', percent: 100 }, standby: { version: '1' } },
      { shadow: { version: '1', percent: 100 }, standby: { version: '1' } },
    ]);
  });

  it('counts from the moment at which a step was carried out, and against the step before at 100 %', async () => {
    const questions: Question[] = [];
    world.traffic = (question) => {
      questions.push(question);
      return evidenceOf(observed()).traffic;
    };
    for (let i = 0; i < 4; i += 1) {
      await world.look();
      world.now += 15 * MINUTE;
    }
    const began = Date.parse('2026-03-01T08:00:00Z');
    const last = questions.at(-1)!;
    expect(last.standing).to.include({ phase: 'canary', percent: 100 });
    expect(last.standing.since.getTime()).to.equal(began + 30 * MINUTE);
    expect(last.before).to.deep.equal({
      from: new Date(began + 15 * MINUTE),
      to: new Date(began + 30 * MINUTE),
    });
  });

  it('ends a canary that does harm, puts its bytes into quarantine and says on which numbers', async () => {
    world.traffic = ({ standing }) => (standing.phase === 'canary' ? failing(1) : failing(0));
    const look = await world.lookUntilOver();
    expect(look).to.include({ state: 'aborted', decision: 'abort', phase: 'canary', percent: 10 });
    expect(look.reason).to.match(/failed requests \+100 %/);
    const { champion, tags } = await world.aliasAndTags();
    expect(champion).to.equal('1');
    expect(tags).not.to.have.property(TRAFFIC_POLICY_TAG);
    const [quarantine] = quarantinesIn(new Map(Object.entries(tags)));
    expect(quarantine).to.include({ version: '2', cause: 'errors', by: 'rollout 1' });
    const line = JSON.parse(world.records.written.get('rollout-000001-000003')!) as {
      numbers: { metric: string; candidate: unknown }[];
    };
    expect(line.numbers[0]).to.deep.include({
      metric: 'errors',
      candidate: { events: 2_000, trials: 2_000 },
    });
  });

  it('takes champion back from a version that does harm after its promotion', async () => {
    world.traffic = ({ standing }) => (standing.phase === 'baking' ? failing(1) : failing(0));
    const look = await world.lookUntilOver();
    expect(look).to.include({ state: 'rolled_back', decision: 'rollback' });
    const { champion, tags } = await world.aliasAndTags();
    expect(champion).to.equal('1');
    expect(Object.keys(tags)).to.deep.equal([quarantineTag(`sha256:${'2'.repeat(64)}`)]);
    expect(world.records.lines('move').at(-1)).to.include({ action: 'rollback', from: '2', to: '1' });
  });

  describe('killed', () => {
    type Fate = readonly [string, (question: Question) => TrafficEvidence];
    const fates: readonly Fate[] = [
      ['a version that is as good', () => failing(0)],
      ['a canary that throws', ({ standing }) => (standing.phase === 'canary' ? failing(1) : failing(0))],
      ['a champion that throws', ({ standing }) => (standing.phase === 'baking' ? failing(1) : failing(0))],
    ];
    for (const [what, traffic] of fates) {
      it(`before or after any change, it comes to the same end with ${what}, and does nothing twice`, async () => {
        const undisturbed = new World().prepare();
        undisturbed.traffic = traffic;
        const expected = await undisturbed.lookUntilOver();
        expect(undisturbed.changes).to.be.above(10);

        for (let change = 1; change <= undisturbed.changes; change += 1) {
          for (const killBefore of [true, false]) {
            const one = new World().prepare();
            Object.assign(one, { traffic, killAt: change, killBefore });
            let kills = 0;
            let look: Look | undefined;
            while (look === undefined) {
              look = await one.lookUntilOver().catch((error: unknown) => {
                if (!(error instanceof Killed)) throw error;
                kills += 1;
                return undefined;
              });
            }
            const where = `killed ${killBefore ? 'before' : 'after'} change ${change}`;
            expect(kills, where).to.equal(1);
            expect({ ...look, numbers: [] }, where).to.deep.equal({ ...expected, numbers: [] });
            expect(one.decisions(), where).to.deep.equal(undisturbed.decisions());
            const [is, was] = [await one.aliasAndTags(), await undisturbed.aliasAndTags()];
            expect(is.champion, where).to.equal(was.champion);
            expect(Object.keys(is.tags), where).to.deep.equal(Object.keys(was.tags));
            const keys = (records: FakePromotionRecords): string[] => [...records.written.keys()].sort();
            expect(keys(one.records), where).to.deep.equal(keys(undisturbed.records));
          }
        }
      }).timeout(60_000);
    }
  });

  it('is decided by one of several that look at once', async () => {
    for (let i = 0; i < 12; i += 1) {
      await Promise.all([world.look(), world.look(), world.look()]);
      world.now += 15 * MINUTE;
    }
    expect(world.decisions()).to.deep.equal([
      'begin shadow 100',
      'advance canary 10',
      'advance canary 100',
      'promote baking',
      'complete baking',
    ]);
    expect([...world.records.written.keys()].filter((key) => /^rollout-\d+$/.test(key))).to.have.length(1);
    expect(world.records.lines('move')).to.have.length(2);
  });

  it('writes a pause and its end once each', async () => {
    await world.look();
    world.traffic = () => ({ silent: 'ECONNREFUSED' });
    for (let i = 0; i < 3; i += 1) {
      world.now += MINUTE;
      expect(await world.look()).to.include({ state: 'paused', decision: 'pause' });
    }
    world.traffic = () => failing(0);
    for (let i = 0; i < 3; i += 1) {
      world.now += MINUTE;
      expect((await world.look()).state).to.equal('running');
    }
    expect(world.decisions()).to.deep.equal(['begin shadow 100', 'pause shadow 100', 'resume shadow 100']);
  });

  it('says again how a rollout ended, and begins anew only when it is told to', async () => {
    world.traffic = ({ standing }) => (standing.phase === 'shadow' ? { silent: 'gone' } : failing(0));
    const ended = await world.lookUntilOver({ plan: readPlan('shadow: {max_minutes: 30}') });
    expect(ended).to.include({ rollout: 1, state: 'aborted' });
    expect(quarantinesIn((await world.registry.getRegisteredModel('toy')).tags)).to.deep.equal([]);
    expect(await world.look()).to.deep.equal(ended);
    expect(await world.look({ again: true })).to.include({ rollout: 2, state: 'running' });
    expect(await world.look({ again: true })).to.include({ rollout: 2, state: 'paused' });
  });

  describe('gives way to other hands', () => {
    beforeEach(async () => {
      await world.look();
      world.now += 15 * MINUTE;
      await world.look();
      world.now += MINUTE;
    });

    it('that clear the split: the way to end a rollout by hand', async () => {
      await world.registry.deleteRegisteredModelTag('toy', TRAFFIC_POLICY_TAG);
      expect(await world.look()).to.include({ state: 'aborted', phase: 'canary' });
      expect(await world.policy()).to.equal(undefined);
    });

    it('that split otherwise, whose split stays', async () => {
      const other = '{"canary":{"version":"3","percent":1}}';
      await world.registry.setRegisteredModelTag('toy', TRAFFIC_POLICY_TAG, other);
      expect((await world.look()).reason).to.match(/conflict/);
      expect(await world.policy()).to.equal(other);
    });

    it('that write members which this release does not know', async () => {
      const newer = '{"mirror":{"version":"3"},"canary":{"percent":10,"version":"2","sticky":true}}';
      await world.registry.setRegisteredModelTag('toy', TRAFFIC_POLICY_TAG, newer);
      expect((await world.look()).state).to.equal('running');
    });

    it('that move champion', async () => {
      world.registry.point('toy', 'champion', '3');
      expect((await world.look()).reason).to.match(/conflict: champion is 3, no more 1/);
      expect(await world.aliasAndTags()).to.deep.equal({ champion: '3', tags: {} });
    });

    it('that put its bytes into quarantine', async () => {
      const digest = `sha256:${'2'.repeat(64)}`;
      const said = {
        version: '2',
        digest,
        at: '2026-03-01T08:00:00Z',
        by: 'ana',
        reason: 'customers called',
      };
      const value = writeQuarantine({ ...said, cause: 'manual' });
      await world.registry.setRegisteredModelTag('toy', quarantineTag(digest), value);
      expect((await world.look()).reason).to.match(/quarantine by ana: customers called/);
      expect((await world.aliasAndTags()).tags).to.deep.equal({ [quarantineTag(digest)]: value });
    });

    it('but not to another version at the same time', async () => {
      const error = await rejection(world.look({ version: '3' }), PromotionError);
      expect(error.kind).to.equal('conflict');
      expect(error.message).to.match(/Rollout 1 of model toy, version 2, is in canary/);
    });
  });

  describe('ended by hand', () => {
    function end(version: string): Promise<Look | undefined> {
      const { registry, records } = world;
      const what = { registry, records, model: 'toy', version };
      return endRollout({ ...what, controller: world.controller({ version }) });
    }

    it("before its promotion: live traffic is the champion's again, and that is written down", async () => {
      await world.look();
      const look = await end('2');
      expect(look).to.include({ state: 'aborted', decision: 'abort' });
      expect(await world.aliasAndTags()).to.deep.equal({ champion: '1', tags: {} });
      expect(world.decisions().at(-1)).to.equal('abort shadow 100');
    });

    it('also where its command died between deciding and splitting', async () => {
      // The header, the line, then the split.
      world.killAt = 3;
      await rejection(world.look(), Killed);
      expect(await world.policy()).to.equal(undefined);
      expect(await end('2')).to.include({ state: 'aborted' });
      expect((await world.aliasAndTags()).tags).to.deep.equal({});
    });

    it('after it: the new champion stays, and goes on being watched', async () => {
      await world.look();
      while ((await world.look()).phase !== 'baking') world.now += 15 * MINUTE;
      expect(await end('2')).to.include({ state: 'running', phase: 'baking' });
      expect((await world.aliasAndTags()).champion).to.equal('2');
      expect(await world.policy()).to.include('standby');
    });

    it('leaves that of another version, one that is over, and a split by hand alone', async () => {
      await world.look();
      expect(await end('3')).to.equal(undefined);
      expect(await world.policy()).to.include('shadow');
      await end('2');
      await world.registry.setRegisteredModelTag('toy', TRAFFIC_POLICY_TAG, '{"standby":{"version":"3"}}');
      expect(await end('2')).to.equal(undefined);
      expect(await world.policy()).to.include('standby');
    });
  });

  it('ends when the promotion is refused at the last moment', async () => {
    for (let i = 0; i < 3; i += 1) {
      await world.look();
      world.now += 15 * MINUTE;
    }
    world.registry.tagsOf('toy', '2').set('blessing', 'refused').set('blessing_reason', 'a new golden row');
    const look = await world.look();
    expect(look).to.include({ state: 'aborted' });
    expect(look.reason).to.match(/blessing was refused: a new golden row/);
    expect(await world.aliasAndTags()).to.deep.equal({ champion: '1', tags: {} });
  });

  describe('watching a champion that was promoted otherwise', () => {
    const baking = { begin: 'baking', version: undefined } as const;

    beforeEach(() => {
      world.records.written.set('move-000001', JSON.stringify({ ...move('none', '1') }));
      world.records.written.set('done-000001', JSON.stringify({ at: '2026-03-01T07:00:00Z' }));
      world.records.written.set('move-000002', JSON.stringify({ ...move('1', '3') }));
      world.records.written.set('done-000002', JSON.stringify({ at: '2026-03-01T07:50:00Z' }));
      world.registry.point('toy', 'champion', '3');
    });

    const move = (from: string, to: string) => ({
      ...{ id: to, action: 'promote', from, to, at: `2026-03-01T07:${to}0:00Z`, by: 'ci' },
    });

    it('holds it against the one before, which stands by', async () => {
      expect(await world.look(baking)).to.include({ version: '3', champion: '1', phase: 'baking' });
      expect(JSON.parse((await world.policy())!)).to.deep.equal({
        shadow: { version: '1', percent: 100 },
        standby: { version: '1' },
      });
      expect((await world.lookUntilOver(baking)).state).to.equal('completed');
      expect(await world.policy()).to.equal(undefined);
    });

    it('takes champion back, and says how long every replica took to follow', async () => {
      const replica = await FakeReplica.start();
      try {
        world.replicas = [replica.url];
        replica.serve('1', `sha256:${'1'.repeat(64)}`);
        world.traffic = () => failing(1);
        await world.look(baking);
        world.now += MINUTE;
        const look = await world.look(baking);
        expect(look).to.include({ state: 'rolled_back', served_after_seconds: 0 });
        expect((await world.aliasAndTags()).champion).to.equal('1');
      } finally {
        await replica.stop();
      }
    });

    it('is over when somebody moves on, whose split stays', async () => {
      await world.look(baking);
      world.registry.point('toy', 'champion', '2');
      const look = await world.look({ ...baking, version: '3' });
      expect(look).to.include({ state: 'completed', decision: 'complete' });
      expect(look.reason).to.match(/superseded/);
    });

    it('is for the champion only', async () => {
      const error = await rejection(world.look({ begin: 'baking', version: '2' }), PromotionError);
      expect(error.message).to.match(/champion is 3, and baking is for the champion/);
    });
  });

  describe('does not begin', () => {
    const refusals: readonly (readonly [string, string, () => void | Promise<void>])[] = [
      ['without a blessing', 'it has no blessing', () => void world.registry.tagsOf('toy', '2').delete('blessing')],
      ['with the champion', 'it is champion already', () => { world.registry.point('toy', 'champion', '2'); }],
      ['without a champion', 'there is no champion to be held against', () => { world.registry.removeAlias('toy', 'champion'); }],
      ['where another hand splits traffic', 'live traffic is split by another hand', () =>
        world.registry.setRegisteredModelTag('toy', TRAFFIC_POLICY_TAG, '{"canary":{"version":"3","percent":1}}')],
      ['with what needs an approval', 'it needs the approval of a human', () => void world.registry.tagsOf('toy', '2').set('needs_approval', 'slice')],
      ['with bytes in quarantine', 'its bytes are in quarantine', () =>
        world.registry.setRegisteredModelTag('toy', quarantineTag(`sha256:${'2'.repeat(64)}`), '{}')],
    ]; // prettier-ignore
    for (const [what, said, change] of refusals) {
      it(what, async () => {
        await change();
        const error = await rejection(world.look(), PromotionError);
        expect(error.kind).to.equal('refused');
        expect(error.message).to.include(said);
        expect([...world.records.written.keys()]).to.deep.equal([]);
      });
    }
  });
});
