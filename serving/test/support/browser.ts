import { accessSync, constants } from 'node:fs';
import { expect } from 'chai';
import type { Context } from 'mocha';
import { chromium, type Browser, type Page } from 'playwright-core';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** A browser starts and draws slowly on a busy machine. */
export const BROWSER_TIMEOUT_MS = 120_000;

function isInstalled(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Starts Chromium, or skips what asks for it, with the reason, where there is none. */
export async function launchBrowser(context: Context): Promise<Browser> {
  if (!isInstalled(CHROMIUM)) {
    process.stdout.write(`      no browser at ${CHROMIUM} (Debian's package: chromium)\n`);
    context.skip();
  }
  return chromium.launch({
    executablePath: CHROMIUM,
    // As root in a container there is neither a sandbox nor much shared memory.
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
}

/** A page, and everything that it complains of or that it asks elsewhere. */
export interface WatchedPage {
  readonly page: Page;
  readonly complaints: readonly string[];
}

/** Opens an address; requests to any other origin are refused and recorded. */
export async function openPage(browser: Browser, url: string): Promise<WatchedPage> {
  const page = await browser.newPage();
  page.setDefaultTimeout(BROWSER_TIMEOUT_MS / 2);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', ({ message }) => complaints.push(message));
  const { origin } = new URL(url);
  await page.route(
    (address) => address.origin !== origin && address.protocol !== 'data:',
    (route) => {
      complaints.push(`asks ${route.request().url()}`);
      return route.abort();
    },
  );
  const answer = await page.goto(url);
  expect(answer?.status(), url).to.equal(200);
  return { page, complaints };
}

/** Where pictures of the pages go: a folder, if SCREENSHOTS names one. */
export async function photograph(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder === undefined) return;
  for (const scheme of ['light', 'dark'] as const) {
    for (const width of [1280, 420]) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 900 });
      await page.screenshot({ path: `${folder}/${name}-${scheme}-${width}.png`, fullPage: true });
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 900 });
}
