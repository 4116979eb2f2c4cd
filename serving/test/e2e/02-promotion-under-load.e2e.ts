import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { waitUntil } from '../../local/wait-until.js';
import { BusyClient } from '../support/busy-client.js';
import { platform } from './platform.js';

const registeredSchema = z.object({ version: z.string(), digest: z.string() });
const packagesSchema = z.object({ variant: z.object({ path: z.string() }) });

describe('promotion under load', () => {
  const { settings } = platform;
  let scratch: string;

  before(() => {
    scratch = mkdtempSync(path.join(tmpdir(), 'variant-'));
  });

  after(() => {
    rmSync(scratch, { recursive: true, force: true });
  });

  async function promote(version: string, from: string): Promise<void> {
    const replicas = ['--wait', '--replicas', settings.urls.management];
    await platform.cli(
      'promote',
      ...['--model', settings.modelName, '--version', version, '--expect-champion', from, ...replicas],
    );
  }

  it('answers every request of 16 busy connections while the champion changes ten times', async () => {
    const champion = await platform.champion();
    const championDir = platform.packageDir(champion.digest);
    const { variant } = await platform.support(
      packagesSchema,
      'packages',
      scratch,
      '--variant-of',
      championDir,
    );
    const other = await platform.support(
      registeredSchema,
      'register',
      ...['--package', variant.path, '--model', settings.modelName],
    );
    await platform.cli('bless', '--model', settings.modelName, '--version', other.version);

    const golden = platform.manifest(championDir).golden;
    const expected = new Map([
      [champion.version, golden.outputs.score[0]!],
      [other.version, platform.manifest(variant.path).golden.outputs.score[0]!],
    ]);
    const client = new BusyClient(`${settings.urls.serving}/predict`, golden.rows[0]!, expected);
    client.start();
    let [current, next] = [champion.version, other.version];
    try {
      for (let promotion = 1; promotion <= 10; promotion += 1) {
        await promote(next, current);
        [current, next] = [next, current];
        const seen = client.tally.answered;
        await waitUntil(() => (client.tally.answered > seen + 50 ? true : undefined), {
          what: 'answers of the new version',
          timeoutMs: 300_000,
          intervalMs: 20,
        });
      }
    } finally {
      await client.stop();
    }
    const { tally } = client;

    expect(tally.failures).to.deep.equal([]);
    expect([...tally.byVersion.keys()].sort()).to.deep.equal([champion.version, other.version].sort());
    expect(current).to.equal(champion.version);
    console.log(`      ${tally.answered} answers, ${JSON.stringify(Object.fromEntries(tally.byVersion))}`);
  });
});
