import { expect } from 'chai';
import { ChampionMover } from '../../../src/promotion/champion-mover.js';
import { movesIn } from '../../../src/promotion/move.js';
import { promote } from '../../../src/promotion/promote.js';
import { PromotionError } from '../../../src/promotion/promotion-error.js';
import { rollback, type RollbackRequest } from '../../../src/promotion/rollback.js';
import { quarantineTag, writeQuarantine } from '../../../src/registry/traffic-tags.js';
import { FakePromotionRecords } from '../../fakes/fake-promotion-records.js';
import { FakeRegistry } from '../../fakes/fake-registry.js';
import { FakeReplica } from '../../fakes/fake-replica.js';
import { writePackage } from '../../support/package-folders.js';
import { rejection } from '../../support/rejection.js';

const WHO = { by: 'ci', reason: 'incident', approvedBy: undefined, force: false, publicKeys: undefined };
const NOT_WAITING = { replicas: [], timeoutMs: 0 };

describe('rollback', () => {
  const modelPackage = writePackage();
  const blessing = { blessing: 'blessed', blessing_digest: modelPackage.digest };
  let registry: FakeRegistry;
  let records: FakePromotionRecords;

  beforeEach(() => {
    registry = new FakeRegistry();
    records = new FakePromotionRecords();
    for (let i = 0; i < 5; i += 1) registry.register(modelPackage, blessing);
  });

  async function champion(): Promise<string> {
    return (await registry.getRegisteredModel('toy')).aliases.get('champion') ?? 'none';
  }

  /** Promotes a version, which every replica then serves, or not. */
  async function reign(version: string, { served = true, force = false } = {}): Promise<void> {
    const expectChampion = await champion();
    const who = { ...WHO, force };
    await promote(registry, records, { model: 'toy', version, expectChampion, ...who, ...NOT_WAITING });
    const last = movesIn(records.written).at(-1)!;
    if (served) await new ChampionMover(registry, records, 'toy').markServed(last, 2);
  }

  function back(overrides: Partial<RollbackRequest> = {}): ReturnType<typeof rollback> {
    const request = { model: 'toy', to: undefined, expectChampion: undefined, ...WHO, ...NOT_WAITING };
    return rollback(registry, records, { ...request, ...overrides });
  }

  it('goes to the champion before, when every replica served it', async () => {
    await reign('1');
    await reign('2');
    expect(await back()).to.deep.include({ rolled_back: true, version: '1', previous: '2', considered: [] });
    expect(await champion()).to.equal('1');
    const last = movesIn(records.written).at(-1)!;
    expect(last).to.include({ action: 'rollback', from: '2', to: '1', by: 'ci', reason: 'incident' });
  });

  it('goes to what served last, not to the number before', async () => {
    await reign('4');
    await reign('2');
    await reign('5');
    expect((await back()).version).to.equal('2');
  });

  it('passes over what was never confirmed, was rolled back from, lost its blessing or is gone, and says so', async () => {
    await reign('1');
    await reign('2');
    await back();
    await reign('3', { served: false });
    await reign('4');
    registry.tagsOf('toy', '4').set('blessing', 'refused');
    await reign('5');
    const { version, considered } = await back();
    expect(version).to.equal('1');
    expect(considered.map((one) => one.version)).to.deep.equal(['4', '3']);
    expect(considered[0]!.objection).to.include('its blessing was refused');
    expect(considered[1]!.objection).to.equal('it was never confirmed that every replica served it');
  });

  it('does not go back to what it has left, and refuses with every version and why not', async () => {
    await reign('1');
    await reign('2');
    await back();
    const error = await rejection(back(), PromotionError);
    expect(error.kind).to.equal('refused');
    expect(error.message).to.include('ci rolled back from it').and.include('name one with --to');
    expect(error.evidence).to.have.property('considered').with.length(1);
    expect(await champion()).to.equal('1');
  });

  it('takes a version that was promoted again after a rollback for good again', async () => {
    await reign('1');
    await reign('2');
    await back();
    await reign('2');
    await reign('3');
    expect((await back()).version).to.equal('2');
  });

  it('passes over a version that is gone', async () => {
    await reign('1');
    await reign('2');
    await reign('3');
    registry.remove('toy', '2');
    const { version, considered } = await back();
    expect(version).to.equal('1');
    expect(considered).to.deep.equal([{ version: '2', objection: 'the registry has it no more' }]);
  });

  it('passes over bytes in quarantine, also when they are named and forced', async () => {
    const digest = `sha256:${'b'.repeat(64)}`;
    registry.tagsOf('toy', '2').set('package_digest', digest).set('blessing_digest', digest);
    await reign('1');
    await reign('2');
    await reign('3');
    const quarantine = { version: '2', digest, at: '2026-03-01T08:00:00Z', by: 'rollout', reason: 'slow' };
    await registry.setRegisteredModelTag(
      'toy',
      quarantineTag(digest),
      writeQuarantine({ ...quarantine, cause: 'latency' }),
    );
    const forced = await rejection(back({ to: '2', force: true }), PromotionError);
    expect(forced.message).to.include('its bytes are in quarantine');
    const { version, considered } = await back();
    expect(version).to.equal('1');
    expect(considered).to.deep.equal([
      {
        version: '2',
        objection: 'its bytes are in quarantine since 2026-03-01T08:00:00Z, by rollout: slow',
      },
    ]);
  });

  it('does not choose what was forced, but goes there when it is named and forced again', async () => {
    registry.tagsOf('toy', '1').delete('blessing');
    await reign('1', { force: true });
    await reign('2');
    expect((await rejection(back(), PromotionError)).message).to.include('it has no blessing');
    expect((await rejection(back({ to: '1' }), PromotionError)).kind).to.equal('refused');
    expect(await back({ to: '1', force: true })).to.include({ version: '1', forced: true });
  });

  it('goes where it is told, and says when that is not registered', async () => {
    await reign('1', { served: false });
    await reign('2');
    expect((await rejection(back({ to: '9' }), PromotionError)).kind).to.equal('not-registered');
    expect((await back({ to: '1' })).version).to.equal('1');
  });

  it('refuses when champion is not the one that is to be left', async () => {
    await reign('1');
    await reign('2');
    const error = await rejection(back({ expectChampion: '1' }), PromotionError);
    expect(error.kind).to.equal('conflict');
    expect(error.message).to.equal('Model toy is not rolled back: champion is 2, not 1');
  });

  it('may be called again with the champion that was to be left, and moves nothing then', async () => {
    await reign('1');
    await reign('2');
    await reign('3');
    await back({ expectChampion: '3' });
    const again = await back({ expectChampion: '3' });
    expect(again).to.include({ version: '2', move: undefined });
    expect(await champion()).to.equal('2');
  });

  it('asks for no file: an emergency does not wait for a download', async () => {
    await reign('1');
    await reign('2');
    await back();
    expect(registry.count('openArtifact')).to.equal(0);
  });

  describe('with replicas', () => {
    let replica: FakeReplica;

    beforeEach(async () => {
      replica = await FakeReplica.start();
    });
    afterEach(() => replica.stop());

    it('knows of a champion that was promoted without waiting, since every replica served it when it was left', async () => {
      await reign('1', { served: false });
      replica.serve('1', modelPackage.digest);
      replica.onAsked = () => {
        const to = movesIn(records.written).at(-1)!.to;
        replica.serve(to, modelPackage.digest);
      };
      const waiting = { replicas: [replica.url], timeoutMs: 30_000 };
      await promote(registry, records, {
        model: 'toy',
        version: '2',
        expectChampion: '1',
        ...WHO,
        ...waiting,
      });
      expect(await back(waiting)).to.include({ version: '1', replicas: 1 });
      expect(movesIn(records.written).map(({ served }) => served?.replicas)).to.deep.equal([1, 1, 1]);
    });

    it('has moved champion all the same when one does not serve it, and says which', async () => {
      await reign('1');
      await reign('2');
      replica.serve('2', modelPackage.digest);
      const error = await rejection(back({ replicas: [replica.url], timeoutMs: 20 }), PromotionError);
      expect(error.kind).to.equal('fleet-disagrees');
      expect(error.message).to.include(`${replica.url} serves version 2`);
      expect(await champion()).to.equal('1');
      expect(movesIn(records.written).at(-1)!.served).to.equal(undefined);
    });
  });
});
