import { generateKeyPairSync } from 'node:crypto';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import { bless } from '../../../src/cli/bless.js';
import { verify, type Verification } from '../../../src/cli/verify.js';
import { promote } from '../../../src/promotion/promote.js';
import { FakePromotionRecords } from '../../fakes/fake-promotion-records.js';
import { FakeRegistry } from '../../fakes/fake-registry.js';
import { PACKAGES_TIMEOUT_MS, realPackages, type RealPackages } from '../../support/model-packages.js';

const MODEL = 'small-tensor';
const LIMIT = 1e9;

describe('verify', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  let packages: RealPackages;
  let registry: FakeRegistry;
  let records: FakePromotionRecords;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    packages = await realPackages();
  });

  beforeEach(async () => {
    registry = new FakeRegistry();
    records = new FakePromotionRecords();
    registry.register(packages.tensorA);
    await bless(registry, MODEL, '1', LIMIT, privateKey);
  });

  function promoteIt(): Promise<unknown> {
    return promote(registry, records, {
      ...{ model: MODEL, version: '1', expectChampion: 'none', by: 'ci', reason: 'better' },
      ...{ approvedBy: undefined, force: false, publicKeys: undefined, replicas: [], timeoutMs: 0 },
    });
  }

  function run(publicKeys = [publicKey]): Promise<Verification> {
    return verify(registry, records, MODEL, '1', { maxPackageBytes: LIMIT, publicKeys });
  }

  function verdicts({ checks }: Verification): Record<string, string> {
    return Object.fromEntries(checks.map(({ check, verdict }) => [check, verdict]));
  }

  it('passes a champion that is what it should be, and writes nothing', async () => {
    await promoteIt();
    const [tags, written] = [new Map(registry.tagsOf(MODEL, '1')), new Map(records.written)];
    const result = await run();
    expect(result).to.include({ verified: true, is_champion: true, digest: packages.tensorA.digest });
    expect(verdicts(result)).to.deep.equal({
      package: 'passed',
      blessing: 'passed',
      signature: 'passed',
      history: 'passed',
    });
    expect(registry.tagsOf(MODEL, '1')).to.deep.equal(tags);
    expect(records.written).to.deep.equal(written);
  });

  const flaws: Record<string, [check: string, flaw: () => void]> = {
    'bytes that were changed': [
      'package',
      () => registry.tampered.set('model.onnx', () => Readable.from([Buffer.from('changed')])),
    ],
    'a blessing of other bytes': [
      'blessing',
      () => registry.tagsOf(MODEL, '1').set('blessing_digest', 'sha256:other'),
    ],
    'a signature that is gone': ['signature', () => registry.tagsOf(MODEL, '1').delete('signature_ed25519')],
    'a champion that no line of the history made one': [
      'history',
      () => {
        records.written.clear();
      },
    ],
  };
  for (const [what, [check, flaw]] of Object.entries(flaws)) {
    it(`finds ${what}, and nothing else wrong`, async () => {
      await promoteIt();
      flaw();
      const result = await run();
      expect(result.verified).to.equal(false);
      expect(Object.entries(verdicts(result)).filter(([, verdict]) => verdict !== 'passed')).to.deep.equal([
        [check, 'failed'],
      ]);
    });
  }

  it('does not take the signature of an unknown key', async () => {
    const result = await run([generateKeyPairSync('ed25519').publicKey]);
    expect(verdicts(result)).to.include({ signature: 'failed', history: 'skipped' });
  });

  it('takes a signature back with the blessing', async () => {
    registry.tampered.set('model.onnx', () => Readable.from([Buffer.from('changed')]));
    await bless(registry, MODEL, '1', LIMIT);
    expect(registry.tagsOf(MODEL, '1').get('signature_ed25519')).to.equal('');
    registry.tampered.clear();
    expect(verdicts(await run())).to.include({ package: 'passed', blessing: 'failed', signature: 'failed' });
  });
});
