import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ModelPackage } from '../../src/model-package/manifest.js';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { SessionCounter } from '../fakes/session-counter.js';
import { BusyClient } from '../support/busy-client.js';
import { eventually } from '../support/eventually.js';
import { sampleOf, samplesIn } from '../support/metric-samples.js';
import { PACKAGES_TIMEOUT_MS, realPackages, type RealPackages } from '../support/model-packages.js';
import { editPackage } from '../support/package-folders.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { TierUnderTest } from '../support/tier-under-test.js';

const ADMIN_TOKEN = 'an-admin-token-of-tests';
const CONNECTIONS = 16;
const SWAPS = 10;

describe('swapping under load', () => {
  let packages: RealPackages;
  let registry: FakeRegistry;
  let sessions: SessionCounter;
  let running: TierUnderTest;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    packages = await realPackages();
  });

  beforeEach(async () => {
    registry = new FakeRegistry();
    registry.promote(packages.tensorA);
    sessions = new SessionCounter();
    running = await TierUnderTest.startReady(registry, { ADMIN_TOKEN });
  });

  afterEach(async () => {
    await running.stop();
    sessions.restore();
  });

  function scoreOf({ manifest }: ModelPackage): number {
    return manifest.golden.outputs['score']![0] as number;
  }

  function busy(packagesByVersion: ReadonlyMap<string, ModelPackage>): BusyClient {
    const scores = new Map([...packagesByVersion].map(([version, source]) => [version, scoreOf(source)]));
    return new BusyClient(
      `http://127.0.0.1:${running.port}/predict`,
      packages.tensorA.manifest.golden.rows[0]!,
      scores,
      CONNECTIONS,
    );
  }

  async function reload(): Promise<void> {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
    expect((await running.manage('/admin/reload', { method: 'POST', headers })).status).to.equal(202);
  }

  /** Some answers of the version that is there now, so that each one is seen. */
  async function moreAnswers(client: BusyClient): Promise<void> {
    const { answered } = client.tally;
    await eventually(() => {
      expect(client.tally.answered).to.be.above(answered + 2 * CONNECTIONS);
    });
  }

  it(`fails no request of ${CONNECTIONS} busy connections, and every answer is of the version that its header names`, async () => {
    expect(Math.abs(scoreOf(packages.tensorA) - scoreOf(packages.tensorB))).to.be.above(0.05);
    const versions = new Map([['1', packages.tensorA]]);
    for (let i = 0; i < SWAPS; i += 1) {
      const source = i % 2 === 0 ? packages.tensorB : packages.tensorA;
      versions.set(registry.register(source), source);
    }
    const client = busy(versions);
    client.start();
    await moreAnswers(client);
    for (let version = 2; version <= SWAPS + 1; version += 1) {
      registry.point('small-tensor', 'champion', String(version));
      await reload();
      await running.serves(String(version));
      await moreAnswers(client);
    }
    await client.stop();
    const { tally } = client;
    expect(tally.failures).to.deep.equal([]);
    expect([...tally.byVersion.keys()].sort((a, b) => Number(a) - Number(b))).to.deep.equal([
      ...versions.keys(),
    ]);

    await eventually(async () => {
      expect((await running.status()).servables).to.have.length(1);
    });
    await eventually(() => {
      expect([sessions.created, sessions.released]).to.deep.equal([SWAPS + 1, SWAPS]);
    });
    const metrics = await running.metrics();
    expect(sampleOf(metrics, 'serving_model_swaps_total')).to.equal(SWAPS + 1);
    const loaded = samplesIn(metrics).filter(({ name }) => name === 'serving_model_info');
    expect(loaded.map(({ labels }) => labels['model_version'])).to.deep.equal([String(SWAPS + 1)]);
    expect(running.log.errors).to.deep.equal([]);
  });

  it('goes back and forth between two versions just as well', async () => {
    const back = registry.register(packages.tensorB);
    const client = busy(
      new Map([
        ['1', packages.tensorA],
        [back, packages.tensorB],
      ]),
    );
    client.start();
    for (const version of [back, '1', back, '1']) {
      registry.point('small-tensor', 'champion', version);
      await reload();
      await running.serves(version);
      await moreAnswers(client);
    }
    await client.stop();
    expect(client.tally.failures).to.deep.equal([]);
  });

  it('leaves nothing in the cache that is neither served nor to be kept', async () => {
    const directory = temporaryDirectory();
    const env = { ADMIN_TOKEN, ARTIFACT_CACHE_DIR: directory, ARTIFACT_CACHE_KEEP: '0' };
    const tidy = await TierUnderTest.startReady(registry, env);
    try {
      for (const auc of [0.1, 0.2, 0.3]) {
        const version = registry.promote(
          editPackage(packages.tensorA, { manifest: (draft) => (draft.metrics = { holdout_auc: auc }) }),
        );
        const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
        await tidy.manage('/admin/reload', { method: 'POST', headers });
        await tidy.serves(version);
      }
      await eventually(async () => {
        const { available } = await tidy.status();
        const cached = readdirSync(join(directory, 'packages'));
        expect(cached).to.include(available!.digest.replace('sha256:', ''));
        // The former champion may have been draining when the cache was tidied.
        expect(cached).to.have.length.at.most(2);
      });
    } finally {
      await tidy.stop();
    }
  });

  it('swaps in a model with another signature, and refuses rows of the former one', async () => {
    const successor = editPackage(packages.columnsStrings, {
      manifest: (draft) => (draft.model_name = 'small-tensor'),
    });
    const version = registry.promote(successor);
    await reload();
    await running.serves(version);
    expect((await running.predict([[40, 1, 0.25]])).status).to.equal(422);
    expect((await running.predict([['car', 1, 12, true]])).status).to.equal(200);
  });
});
