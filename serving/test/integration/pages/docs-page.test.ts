import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { newApiKey } from '../../../src/cli/api-key.js';
import { FakeRegistry } from '../../fakes/fake-registry.js';
import { BROWSER_TIMEOUT_MS, launchBrowser, openPage, photograph } from '../../support/browser.js';
import { eventually } from '../../support/eventually.js';
import { expectGolden } from '../../support/golden-answers.js';
import { PACKAGES_TIMEOUT_MS, realPackages, type RealPackages } from '../../support/model-packages.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { TierUnderTest, type Predictions } from '../../support/tier-under-test.js';

describe('/docs', () => {
  let packages: RealPackages;
  let registry: FakeRegistry;
  let running: TierUnderTest;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    packages = await realPackages();
    registry = new FakeRegistry();
    registry.promote(packages.tensorA);
    registry.promote(packages.columnsStrings);
    running = await TierUnderTest.startReady(registry, {
      MODELS: 'small-tensor@champion,small-columns@champion',
    });
  });

  after(() => running.stop());

  it('lets nothing in from elsewhere, and no script but its own files', async () => {
    const { headers, text } = await running.request('/docs');
    const policy = String(headers['content-security-policy']);
    expect(policy).to.include("default-src 'none'").and.to.include("script-src 'self'");
    expect(policy).not.to.include('unsafe');
    expect(headers['x-content-type-options']).to.equal('nosniff');
    expect(text).not.to.match(/https?:|<script[^>]*>[^<]/);
  });

  it('has files that browsers keep for as long as they are the same', async () => {
    const page = await running.request('/docs');
    const addresses = [...page.text.matchAll(/(?:href|src)="(docs\/[^"]+)"/g)].map(([, address]) => address!);
    expect(addresses).to.have.length(5);
    for (const address of addresses) {
      const file = await running.request(`/${address}`);
      expect(file.status, address).to.equal(200);
      expect(file.headers['cache-control'], address).to.include('immutable');
      const plain = await running.request(`/${address.split('?')[0]!}`);
      expect(plain.headers['cache-control'], 'without its version').to.equal('no-cache');
      const again = await running.request(`/${address}`, {
        headers: { 'if-none-match': String(file.headers.etag) },
      });
      expect([again.status, again.text], address).to.deep.equal([304, '']);
    }
  });

  it('serves no file besides them', async () => {
    for (const name of ['package.json', 'swagger-ui.js', '..%2Fdocs.html', '%2e%2e%2fconsole%2fconsole.js']) {
      expect((await running.request(`/docs/${name}`)).status, name).to.equal(404);
    }
    expect((await running.request('/docs', { method: 'POST' })).status).to.equal(405);
  });

  it('is found with a slash at its end too', async () => {
    const answer = await running.request('/docs/');
    expect([answer.status, answer.headers.location]).to.deep.equal([308, '../docs']);
  });

  describe('in a browser', () => {
    let browser: Browser;

    before(async function () {
      this.timeout(BROWSER_TIMEOUT_MS);
      browser = await launchBrowser(this);
    });

    // There is none where these are skipped.
    after(() => (browser as Browser | undefined)?.close());

    it('shows the routes of every model, and asks nobody else', async function () {
      this.timeout(BROWSER_TIMEOUT_MS);
      const { page, complaints } = await openPage(browser, `http://127.0.0.1:${running.port}/docs`);
      await page.getByText('/v2/models/small-columns/infer', { exact: true }).waitFor();
      await page.getByText('/predict', { exact: true }).waitFor();
      const models = page.locator('.info table tbody tr');
      expect(await models.count()).to.equal(2);
      expect(await models.first().innerText()).to.match(/small-tensor\s+champion\s+1/);
      expect(complaints).to.deep.equal([]);
      await page.close();
    });

    it('executes a prediction of golden rows and shows its answer', async function () {
      this.timeout(BROWSER_TIMEOUT_MS);
      const { page, complaints } = await openPage(browser, `http://127.0.0.1:${running.port}/docs`);
      const operation = page.locator('#operations-Predictions-predict');
      await operation.locator('.opblock-summary-control').click();
      await operation.getByRole('button', { name: 'Execute' }).click();
      const answer = operation.locator('.live-responses-table .response');
      await answer.first().waitFor();
      expect((await answer.first().locator('.response-col_status').innerText()).trim()).to.match(/^200/);
      const { predictions, model_version: version } = JSON.parse(
        await answer.first().locator('.highlight-code pre').first().innerText(),
      ) as Predictions;
      expect(version).to.equal('1');
      const { manifest } = packages.tensorA;
      const { rows, outputs, ...golden } = manifest.golden;
      const shown = Object.fromEntries(
        Object.entries(outputs).map(([name, values]) => [name, values.slice(0, predictions.length)]),
      );
      expectGolden(predictions, {
        ...manifest,
        golden: { ...golden, rows: rows.slice(0, predictions.length), outputs: shown },
      });
      expect(complaints).to.deep.equal([]);
      await photograph(page, 'docs');
      await page.close();
    });

    it('executes with an API key where one is asked for, once it is given', async function () {
      this.timeout(2 * BROWSER_TIMEOUT_MS);
      const { key, entry } = newApiKey('browser', undefined, Date.now());
      const file = join(temporaryDirectory(), 'keys.json');
      writeFileSync(file, JSON.stringify({ keys: [entry] }));
      const guarded = await TierUnderTest.startReady(registry, {
        AUTH: 'api-key',
        API_KEYS_FILE: file,
        AUTH_ROUTES: '/docs*=off,/openapi.json=off',
      });
      try {
        const { page } = await openPage(browser, `http://127.0.0.1:${guarded.port}/docs`);
        const operation = page.locator('#operations-Predictions-predict');
        await operation.locator('.opblock-summary-control').click();
        const status = operation.locator('.live-responses-table .response .response-col_status');
        const execute = operation.getByRole('button', { name: 'Execute' });
        await execute.click();
        await status.getByText('401').waitFor();

        await page.locator('.btn.authorize').click();
        const byHeader = page.locator('.auth-container').first();
        await byHeader.locator('input').fill(key);
        await byHeader.locator('button.authorize').click();
        await page.locator('.btn-done').first().click();
        await execute.click();
        await status.getByText('200').waitFor();
        await page.close();
      } finally {
        await guarded.stop();
      }
    });

    it('follows the colours of the system', async function () {
      this.timeout(BROWSER_TIMEOUT_MS);
      const { page } = await openPage(browser, `http://127.0.0.1:${running.port}/docs`);
      const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
      await page.emulateMedia({ colorScheme: 'light' });
      const light = await background();
      await page.emulateMedia({ colorScheme: 'dark' });
      await eventually(async () => {
        expect(await background()).not.to.equal(light);
      });
      await page.close();
    });
  });
});
