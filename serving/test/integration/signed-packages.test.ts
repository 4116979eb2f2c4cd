import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { bless } from '../../src/cli/bless.js';
import { writeSigningKey } from '../../src/cli/signing-key.js';
import { ConfigError } from '../../src/config.js';
import { readSigningKey } from '../../src/model-package/package-signature.js';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { eventually } from '../support/eventually.js';
import { sampleOf } from '../support/metric-samples.js';
import { PACKAGES_TIMEOUT_MS, realPackages, type RealPackages } from '../support/model-packages.js';
import { rejection } from '../support/rejection.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { TierUnderTest } from '../support/tier-under-test.js';
import { readFileSync } from 'node:fs';

const MODEL = 'small-tensor';
const LIMIT = 1e9;

describe('a tier that loads signed packages only', function () {
  this.timeout(PACKAGES_TIMEOUT_MS);
  const folder = temporaryDirectory();
  const ours = { private: join(folder, 'ours.key'), public: join(folder, 'ours.pem') };
  const theirs = { private: join(folder, 'theirs.key'), public: join(folder, 'theirs.pem') };
  const env = { SIGNATURE_PUBLIC_KEYS_FILE: ours.public, POLL_INTERVAL_SECONDS: '1' };
  let packages: RealPackages;
  let registry: FakeRegistry;
  let running: TierUnderTest | undefined;

  before(async () => {
    packages = await realPackages();
    await writeSigningKey(ours.private, ours.public);
    await writeSigningKey(theirs.private, theirs.public);
  });

  beforeEach(() => {
    registry = new FakeRegistry();
  });

  afterEach(async () => {
    await running?.stop();
    running = undefined;
  });

  async function blessWith(version: string, key: { readonly private: string }): Promise<void> {
    const result = await bless(
      registry,
      MODEL,
      version,
      LIMIT,
      readSigningKey(readFileSync(key.private, 'utf8')),
    );
    expect(result.signed_by).to.match(/^[0-9a-f]{16}$/);
  }

  async function refusal(tier: TierUnderTest, code: string): Promise<void> {
    await eventually(async () => {
      expect((await tier.status()).last_failure?.code).to.equal(code);
    });
    const labels = { model: MODEL, alias: 'champion', reason: code };
    expect(sampleOf(await tier.metrics(), 'serving_model_load_failures_total', labels)).to.be.above(0);
  }

  it('serves what was signed, and keeps it when champion moves to what was not', async () => {
    await blessWith(registry.promote(packages.tensorA), ours);
    running = await TierUnderTest.startReady(registry, env);
    registry.promote(packages.tensorB);
    await refusal(running, 'SIGNATURE_MISSING');
    expect((await running.status()).available?.version).to.equal('1');
    expect(registry.calls, 'nothing of it was downloaded').not.to.include(
      `getDownloadUriForModelVersionArtifacts ${MODEL} 2`,
    );
    await blessWith('2', ours);
    await running.serves('2');
  });

  it('serves nothing that somebody else signed, and no signature that was taken from another version', async () => {
    await blessWith(registry.promote(packages.tensorA), theirs);
    running = await TierUnderTest.start(registry, env);
    await refusal(running, 'SIGNATURE_INVALID');
    await blessWith('1', ours);
    const copied = registry.promote(packages.tensorA);
    const signature = registry.tagsOf(MODEL, '1').get('signature_ed25519')!;
    registry.tagsOf(MODEL, copied).set('signature_ed25519', signature);
    await eventually(async () => {
      expect((await running!.status()).last_failure).to.include({ version: '2', code: 'SIGNATURE_INVALID' });
    });
    expect((await running.status()).available).to.equal(null);
  });

  it('asks the same of the last known good version on its disk', async () => {
    const ARTIFACT_CACHE_DIR = temporaryDirectory();
    registry.promote(packages.tensorA);
    const open = await TierUnderTest.startReady(registry, { ARTIFACT_CACHE_DIR });
    await eventually(() => {
      expect(readFileSync(join(ARTIFACT_CACHE_DIR, 'last-known-good', `${MODEL}@champion.json`))).not.to.be
        .empty;
    });
    await open.stop();

    registry.reachable = false;
    const strict = await TierUnderTest.start(registry, { ...env, ARTIFACT_CACHE_DIR });
    await refusal(strict, 'SIGNATURE_MISSING');
    await strict.stop();

    registry.reachable = true;
    await blessWith('1', ours);
    const signed = await TierUnderTest.startReady(registry, { ...env, ARTIFACT_CACHE_DIR });
    await eventually(() => {
      const kept = readFileSync(
        join(ARTIFACT_CACHE_DIR, 'last-known-good', `${MODEL}@champion.json`),
        'utf8',
      );
      expect(JSON.parse(kept)).to.have.property('signature');
    });
    await signed.stop();

    registry.reachable = false;
    running = await TierUnderTest.startReady(registry, { ...env, ARTIFACT_CACHE_DIR });
    expect((await running.status()).serving_from).to.equal('last_known_good');
  });

  it('does not start with keys that it can not read', async () => {
    const broken = join(folder, 'broken.pem');
    writeFileSync(broken, 'no key');
    for (const file of [broken, join(folder, 'missing.pem'), ours.private]) {
      const start = TierUnderTest.start(registry, { SIGNATURE_PUBLIC_KEYS_FILE: file });
      expect((await rejection(start, ConfigError)).message).to.include('SIGNATURE_PUBLIC_KEYS_FILE');
    }
  });
});
