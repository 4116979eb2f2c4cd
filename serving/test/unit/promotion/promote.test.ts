import { expect } from 'chai';
import { PromotionError } from '../../../src/promotion/promotion-error.js';
import { promote, type PromoteRequest } from '../../../src/promotion/promote.js';
import { RegistryError } from '../../../src/registry/model-registry.js';
import { quarantineTag, writeQuarantine } from '../../../src/registry/traffic-tags.js';
import { FakePromotionRecords } from '../../fakes/fake-promotion-records.js';
import { FakeRegistry } from '../../fakes/fake-registry.js';
import { FakeReplica } from '../../fakes/fake-replica.js';
import { writePackage } from '../../support/package-folders.js';
import { rejection } from '../../support/rejection.js';

describe('promote', () => {
  const candidate = writePackage();
  const blessing = { blessing: 'blessed', blessing_digest: candidate.digest };
  let registry: FakeRegistry;
  let records: FakePromotionRecords;

  beforeEach(() => {
    registry = new FakeRegistry();
    records = new FakePromotionRecords();
  });

  function request(overrides: Partial<PromoteRequest> = {}): PromoteRequest {
    return {
      model: 'toy',
      version: '1',
      expectChampion: 'none',
      replicas: [],
      timeoutMs: 30_000,
      by: 'ci',
      reason: 'better',
      approvedBy: undefined,
      force: false,
      publicKeys: undefined,
      ...overrides,
    };
  }

  async function champion(): Promise<string | undefined> {
    return (await registry.getRegisteredModel('toy')).aliases.get('champion');
  }

  async function refusal(overrides: Partial<PromoteRequest> = {}): Promise<PromotionError> {
    return rejection(promote(registry, records, request(overrides)), PromotionError);
  }

  it('promotes the first model ever, which is compared against none', async () => {
    registry.register(candidate, blessing);
    expect(await promote(registry, records, request())).to.deep.equal({
      promoted: true,
      model: 'toy',
      version: '1',
      digest: candidate.digest,
      previous: 'none',
      replicas: 0,
      move: 1,
      forced: false,
      notes: [],
    });
    expect(await champion()).to.equal('1');
  });

  it('promotes a successor of the champion that it was compared against', async () => {
    registry.promote(writePackage());
    registry.register(candidate, blessing);
    const result = await promote(registry, records, request({ version: '2', expectChampion: '1' }));
    expect(result).to.include({ version: '2', previous: '1' });
    expect(await champion()).to.equal('2');
  });

  describe('refuses', () => {
    afterEach(async () => {
      expect(await champion(), 'champion stays').to.equal('1');
      expect(registry.count('setRegisteredModelAlias')).to.equal(0);
    });

    beforeEach(() => {
      registry.promote(writePackage());
    });

    it('bytes in quarantine, forced or not', async () => {
      registry.register(candidate, blessing);
      const { digest } = candidate;
      const quarantine = { version: '2', digest, at: '2026-03-01T08:00:00Z', by: 'rollout', reason: 'slow' };
      const value = writeQuarantine({ ...quarantine, cause: 'latency' });
      await registry.setRegisteredModelTag('toy', quarantineTag(digest), value);
      for (const force of [false, true]) {
        const error = await refusal({ version: '2', expectChampion: '1', force });
        expect(error.kind).to.equal('refused');
        expect(error.message).to.include(
          'its bytes are in quarantine since 2026-03-01T08:00:00Z, by rollout: slow',
        );
      }
    });

    it('a version without blessing', async () => {
      registry.register(candidate);
      const error = await refusal({ version: '2', expectChampion: '1' });
      expect(error.kind).to.equal('refused');
      expect(error.message).to.include('toy version 2').and.include('it has no blessing');
    });

    it('a version whose blessing was refused', async () => {
      registry.register(candidate, { ...blessing, blessing: 'refused', blessing_reason: 'NaN' });
      const error = await refusal({ version: '2', expectChampion: '1' });
      expect(error.kind).to.equal('refused');
      expect(error.message).to.include('NaN');
    });

    it('a version that was blessed for other bytes', async () => {
      registry.register(candidate, { ...blessing, blessing_digest: `sha256:${'b'.repeat(64)}` });
      const error = await refusal({ version: '2', expectChampion: '1' });
      expect(error.kind).to.equal('refused');
      expect(error.message).to.include('other bytes');
    });

    it('a version that is not there', async () => {
      const error = await refusal({ version: '9', expectChampion: '1' });
      expect(error.kind).to.equal('not-registered');
      expect(error.message).to.equal('The registry has no version 9 of model toy');
    });

    for (const expected of ['none', '7']) {
      it(`when champion is not ${expected} any more`, async () => {
        registry.register(candidate, blessing);
        const error = await refusal({ version: '2', expectChampion: expected });
        expect(error.kind).to.equal('conflict');
        expect(error.message).to.include(`compared against champion ${expected}, but champion is now 1`);
      });
    }
  });

  it('refuses when there should be a champion and is none', async () => {
    registry.register(candidate, blessing);
    const error = await refusal({ expectChampion: '3' });
    expect(error.kind).to.equal('conflict');
    expect(error.message).to.include('champion is now none');
  });

  it('may be called again, and moves nothing then', async () => {
    registry.register(candidate, blessing);
    await promote(registry, records, request());
    const again = await promote(registry, records, request());
    expect(again).to.include({ promoted: true, version: '1', previous: '1' });
    expect(registry.count('setRegisteredModelAlias')).to.equal(1);
  });

  it('says that the registry is unreachable', async () => {
    registry.register(candidate, blessing);
    registry.reachable = false;
    expect((await rejection(promote(registry, records, request()), RegistryError)).kind).to.equal(
      'unreachable',
    );
  });

  describe('waiting for the fleet', () => {
    let replicas: FakeReplica[];

    beforeEach(async () => {
      replicas = [await FakeReplica.start(), await FakeReplica.start()];
      registry.register(candidate, blessing);
    });

    afterEach(async () => {
      await Promise.all(replicas.map((replica) => replica.stop()));
    });

    function urls(): string[] {
      return replicas.map(({ url }) => url);
    }

    it('returns when every replica serves the bytes', async () => {
      let asked = 0;
      for (const replica of replicas) {
        replica.serve('7', 'sha256:7');
        replica.onAsked = () => {
          asked += 1;
          if (asked > 2) replica.serve('1', candidate.digest);
        };
      }
      const result = await promote(registry, records, request({ replicas: urls() }));
      expect(result.replicas).to.equal(2);
      expect(asked, 'it asked until both agreed').to.be.at.least(4);
    });

    it('says which replica does not, what it serves, and why', async () => {
      replicas[0]!.serve('1', candidate.digest);
      replicas[1]!.models = [
        {
          ...replicas[1]!.models![0],
          available: { version: '7', digest: 'sha256:7', since: '' },
          last_failure: { version: '1', code: 'GOLDEN_MISMATCH', message: 'golden row 0' },
        },
      ];
      const error = await refusal({ replicas: urls(), timeoutMs: 50 });
      expect(error.kind).to.equal('fleet-disagrees');
      expect(error.message).to.include(`${urls()[1]!} serves version 7; GOLDEN_MISMATCH: golden row 0`);
      expect(error.message).not.to.include(urls()[0]!);
      expect(await champion(), 'the alias has moved all the same').to.equal('1');
    });

    it('does not take the same version with other bytes for agreement', async () => {
      for (const replica of replicas) replica.serve('1', 'sha256:other');
      expect((await refusal({ replicas: urls(), timeoutMs: 10 })).kind).to.equal('fleet-disagrees');
    });

    it('does not take a replica that is down for agreement', async () => {
      for (const replica of replicas) replica.serve('1', candidate.digest);
      const error = await refusal({ replicas: [replicas[0]!.url, 'http://127.0.0.1:1'], timeoutMs: 10 });
      expect(error.message).to.include('http://127.0.0.1:1 does not answer (ECONNREFUSED)');
    });

    it('counts the replicas behind a name, and waits for all of them', async () => {
      replicas[0]!.serve('7', 'sha256:7');
      const byName = `dns+${replicas[0]!.url}`;
      const error = await refusal({ replicas: [byName], timeoutMs: 10 });
      expect(error.message).to.include(`${replicas[0]!.url} serves version 7`);
      replicas[0]!.serve('1', candidate.digest);
      expect((await promote(registry, records, request({ replicas: [byName] }))).replicas).to.equal(1);
    });

    it('does not take a name without replicas for agreement', async () => {
      const error = await refusal({ replicas: ['dns+http://nobody.invalid:8082'], timeoutMs: 10 });
      expect(error.kind).to.equal('fleet-disagrees');
      expect(error.message).to.include('dns+http://nobody.invalid:8082 has no replica');
    });

    it('waits again when it is called again', async () => {
      for (const replica of replicas) replica.serve('7', 'sha256:7');
      await refusal({ replicas: urls(), timeoutMs: 10 });
      for (const replica of replicas) replica.serve('1', candidate.digest);
      expect(await promote(registry, records, request({ replicas: urls() }))).to.include({
        previous: '1',
        replicas: 2,
      });
    });
  });
});
