import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import {
  quarantineTag,
  TRAFFIC_POLICY_TAG,
  writeQuarantine,
  writeTrafficPolicy,
} from '../../../src/registry/traffic-tags.js';
import { FakeRegistry } from '../../fakes/fake-registry.js';
import {
  BROWSER_TIMEOUT_MS,
  launchBrowser,
  openPage,
  photograph,
  type WatchedPage,
} from '../../support/browser.js';
import { eventually } from '../../support/eventually.js';
import { PACKAGES_TIMEOUT_MS, realPackages, type RealPackages } from '../../support/model-packages.js';
import { editPackage } from '../../support/package-folders.js';
import { TierUnderTest } from '../../support/tier-under-test.js';

const ADMIN_TOKEN = 'an-admin-token-of-tests';

describe('the console', () => {
  let packages: RealPackages;
  let registry: FakeRegistry;
  let running: TierUnderTest;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    packages = await realPackages();
  });

  beforeEach(async () => {
    registry = new FakeRegistry();
    registry.promote(packages.tensorA);
    registry.promote(packages.columnsStrings);
    running = await TierUnderTest.startReady(registry, {
      ADMIN_TOKEN,
      MODELS: 'small-tensor@champion,small-columns@champion',
    });
  });

  afterEach(() => running.stop());

  it('is at the root of the management port, lets nothing in from elsewhere, and is not public', async () => {
    const { status, headers, text } = await running.manage('/');
    expect(status).to.equal(200);
    expect(headers['content-security-policy']).to.include("default-src 'none'").and.not.to.include('unsafe');
    expect(text).not.to.match(/https?:|<script[^>]*>[^<]/);
    for (const path of ['/', '/console/console.js', '/console/traffic']) {
      expect((await running.request(path)).status, path).to.equal(404);
    }
  });

  it('has every file that its files ask for', async () => {
    const asked = ['console.js', 'console.css', 'icon.svg'];
    const seen = new Set<string>();
    for (let name = asked.shift(); name !== undefined; name = asked.shift()) {
      if (seen.has(name)) continue;
      seen.add(name);
      const file = await running.manage(`/console/${name}`);
      expect(file.status, name).to.equal(200);
      asked.push(...[...file.text.matchAll(/from '\.\/([\w-]+\.js)'/g)].map(([, imported]) => imported!));
    }
    expect(seen).to.include('sparkline.js');
  });

  it('reads the traffic from the metrics', async () => {
    await running.predict([
      [1, 1, 1],
      [2, 2, 1],
    ]);
    await running.predict(['x']);
    const { versions, requests } = (await running.manage('/console/traffic')).json as {
      versions: Record<string, unknown>[];
      requests: Record<string, unknown>[];
    };
    expect(versions).to.have.length(1);
    expect(versions[0]).to.include({ model: 'small-tensor', version: '1', requests: 1, rows: 2 });
    const outcomes = requests.map(({ route, status, code, total }) => [route, status, code, total]);
    expect(outcomes).to.have.deep.members([
      ['/predict', 200, 'ok', 1],
      ['/predict', 422, 'SIGNATURE_MISMATCH', 1],
    ]);
  });

  describe('in a browser', () => {
    let browser: Browser;
    let watched: WatchedPage;
    let page: Page;

    before(async function () {
      this.timeout(BROWSER_TIMEOUT_MS);
      browser = await launchBrowser(this);
    });

    after(() => (browser as Browser | undefined)?.close());

    beforeEach(async function () {
      this.timeout(BROWSER_TIMEOUT_MS);
      watched = await openPage(browser, `http://127.0.0.1:${running.tier.managementPort}/`);
      page = watched.page;
    });

    afterEach(() => page.close());

    /** The card of the model that these tests promote. */
    function card() {
      return page.getByRole('article', { name: 'small-tensor@champion' });
    }

    async function reload(): Promise<void> {
      const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
      await running.manage('/admin/reload', { method: 'POST', headers });
    }

    it('shows what is loaded, where it comes from, and that all is well', async function () {
      this.timeout(BROWSER_TIMEOUT_MS);
      await card().getByText('version 1', { exact: true }).first().waitFor();
      const text = await card().innerText();
      expect(text).to.include(packages.tensorA.digest).and.to.include('synthetic data');
      expect(text).to.match(/answers since (now|\d+ (s|min) ago)/);
      expect(text).to.include('the alias points at version 1');
      expect(text).to.include('all of it is answered by the champion');
      await page.getByRole('article', { name: 'small-columns@champion' }).waitFor();
      expect(await page.locator('#state').innerText()).to.equal('ready');
      expect(await page.title()).to.equal('small-tensor, small-columns');
      expect(await page.locator('.alert').count()).to.equal(0);
      expect(watched.complaints).to.deep.equal([]);
    });

    it('shows the version after a swap without being loaded again', async function () {
      this.timeout(BROWSER_TIMEOUT_MS);
      await card().getByText('version 1', { exact: true }).first().waitFor();
      await page.evaluate('window.loadedOnce = true');
      registry.promote(packages.tensorB);
      await reload();
      await card().locator('strong', { hasText: 'version 2' }).waitFor();
      await eventually(async () => {
        expect(await card().innerText())
          .to.include(packages.tensorB.digest)
          .and.to.match(/loaded\s+version 2 in/)
          .and.to.match(/unloaded\s+version 1/);
      });
      expect(await page.evaluate('window.loadedOnce')).to.equal(true);
      expect(watched.complaints).to.deep.equal([]);
    });

    it('shows why a version was not loaded, when it is tried again, and who goes on answering', async function () {
      this.timeout(BROWSER_TIMEOUT_MS);
      registry.promote(
        editPackage(packages.tensorB, {
          manifest: (draft) => (draft.golden.outputs['score']![0] = 0.999),
        }),
      );
      await reload();
      const alert = card().locator('.alert', { hasText: 'could not be loaded' });
      await alert.waitFor();
      const text = await alert.innerText();
      expect(text).to.include('Version 2 could not be loaded').and.to.include('GOLDEN_MISMATCH');
      expect(text).to.match(/Tried 1×; again in \d+ (s|min)/);
      expect(await card().locator('.version').innerText()).to.include('version 1');
      expect(await page.locator('#state').innerText()).to.equal('ready');
      await photograph(page, 'console-failure');
    });

    it('shows who answers beside the champion, who looks on, and what may not answer', async function () {
      this.timeout(BROWSER_TIMEOUT_MS);
      const canary = registry.register(packages.tensorB);
      const tags = registry.modelTagsOf('small-tensor');
      tags.set(
        TRAFFIC_POLICY_TAG,
        writeTrafficPolicy({
          canary: { version: canary, percent: 12.5 },
          shadow: { version: canary, percent: 100 },
          standby: { version: '9' },
        }),
      );
      const quarantine = {
        version: '7',
        digest: `sha256:${'7'.repeat(64)}`,
        at: new Date().toISOString(),
        by: 'rollout',
        reason: 'A long sentence on what <b>went wrong</b>',
        cause: 'score_shift',
      } as const;
      tags.set(quarantineTag(quarantine.digest), writeQuarantine(quarantine));
      await reload();

      const rows = (caption: string) =>
        card().getByRole('region', { name: caption }).locator('tbody tr').allInnerTexts();
      await card().getByRole('cell', { name: 'sees 100 %' }).waitFor();
      const roles = (await rows('Traffic policy')).map((row) => row.split(/\s*\t\s*/));
      expect(roles).to.deep.equal([
        ['champion', '1', '87.5 %', 'available'],
        ['canary', '2', '12.5 %', 'available'],
        ['shadow', '2', 'sees 100 %', 'available'],
        ['standby', '9', '–', 'not available'],
      ]);
      await card().locator('.alert', { hasText: 'Not all of the traffic policy is in force' }).waitFor();
      const [held] = await rows('Quarantine');
      expect(held).to.match(/^7\tscore shift\t.*\trollout\s+A long sentence on what <b>went wrong<\/b>$/);
      expect(watched.complaints).to.deep.equal([]);
      await photograph(page, 'console-policy');

      tags.clear();
      await reload();
      await card().getByText('all of it is answered by the champion').waitFor();
      expect(await card().getByRole('region', { name: 'Quarantine' }).count()).to.equal(0);
    });

    it('shows that the registry does not answer', async function () {
      this.timeout(BROWSER_TIMEOUT_MS);
      registry.reachable = false;
      await reload();
      await card().getByText('The registry does not answer').waitFor();
      await card().getByText('ECONNREFUSED').first().waitFor();
    });

    it('counts requests by outcome and by version', async function () {
      this.timeout(BROWSER_TIMEOUT_MS);
      for (let i = 0; i < 40; i += 1) await running.predict([[1, 1, 1]]);
      await running.predict(['x']);
      await page.getByRole('cell', { name: 'SIGNATURE_MISMATCH' }).waitFor();
      const rows = (caption: string) =>
        page.getByRole('region', { name: caption }).locator('tbody tr').allInnerTexts();
      const [ok, refused] = await rows('By route and outcome');
      expect(ok).to.match(/^\/predict\s+200\s+ok\s.*\s40$/s);
      expect(refused).to.match(/^\/predict\s+422\s+SIGNATURE_MISMATCH\s.*\s1$/s);
      expect((await rows('By version'))[0]).to.match(/^small-tensor@champion\s+1\s.*\s40\s+40$/s);
      await photograph(page, 'console');
    });

    it('says why there is no drift to show, and shows a row for each column with a reference when there is', async function () {
      this.timeout(BROWSER_TIMEOUT_MS);
      const drift = page.locator('#drift article').first();
      await drift.getByText('Its reference holds too few rows to compare with.').waitFor();

      const { features, outputs } = packages.tensorA.manifest.reference;
      registry.promote(
        editPackage(packages.tensorA, {
          manifest: ({ reference }) => {
            for (const histogram of [
              ...Object.values(reference.features),
              ...Object.values(reference.outputs),
            ]) {
              Object.assign(histogram, { counts: histogram.counts.map((count) => (count + 1) * 1_000) });
            }
          },
        }),
      );
      await reload();
      await drift.getByText('Not enough rows yet: 0 of the 500 that are needed.').waitFor();

      await running.predict(Array.from({ length: 800 }, () => packages.tensorA.manifest.golden.rows[0]));
      const table = page.getByRole('region', { name: 'Drift of small-tensor' });
      await table.waitFor();
      const names = await table.locator('tbody tr td:first-child').allInnerTexts();
      expect(names.map((name) => name.replace(' (output)', ''))).to.have.members([
        ...Object.keys(features),
        ...Object.keys(outputs),
      ]);
      expect(await table.locator('.badge').allInnerTexts()).to.include('drifted');
      await photograph(page, 'console-drift');
    });

    it('says when the replica is gone, and shows what it said last', async function () {
      this.timeout(BROWSER_TIMEOUT_MS);
      await card().waitFor();
      await running.stop();
      await page.getByRole('alert').getByText('The replica does not answer').waitFor();
      expect(await card().innerText()).to.include('version 1');
    });
  });
});
