import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { waitUntil } from '../../local/wait-until.js';
import { BusyClient } from '../support/busy-client.js';
import { platform } from './platform.js';

const registeredSchema = z.object({ version: z.string(), digest: z.string() });
const manifestSchema = z.looseObject({ lineage: z.looseObject({ seed: z.number() }) });

/** How a package is broken, and what the replica says of it. */
const breaks = [
  ['truncated-onnx', 'GRAPH_LOAD_FAILED'],
  ['wrong-digest', 'DIGEST_MISMATCH'],
  ['contract', 'CONTRACT_VIOLATION'],
  ['golden', 'GOLDEN_MISMATCH'],
] as const;

describe('a broken package', () => {
  const { settings } = platform;
  let scratch: string;
  let unseenDir: string;

  before('a package as good as the champion that no replica has in its cache', async () => {
    scratch = mkdtempSync(path.join(tmpdir(), 'unseen-'));
    unseenDir = path.join(scratch, 'package');
    const { digest } = await platform.champion();
    cpSync(platform.packageDir(digest), unseenDir, { recursive: true });
    // Bytes that were verified once are not fetched again: another digest makes the replica fetch.
    const file = path.join(unseenDir, 'manifest.json');
    const manifest = manifestSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    manifest.lineage.seed += 1;
    writeFileSync(file, JSON.stringify(manifest));
  });

  after(() => {
    rmSync(scratch, { recursive: true, force: true });
  });

  const point = (version: string): Promise<void> =>
    platform.registry.setRegisteredModelAlias(settings.modelName, settings.modelAlias, version);

  for (const [how, code] of breaks) {
    it(`(${how}) is refused with ${code} and the champion keeps serving`, async () => {
      const good = await platform.champion();
      const { golden } = platform.manifest(platform.packageDir(good.digest));
      const bad = await platform.support(
        registeredSchema,
        'register',
        ...['--package', unseenDir, '--model', settings.modelName, '--break', how],
      );
      const client = new BusyClient(
        `${settings.urls.serving}/predict`,
        golden.rows[0]!,
        new Map([[good.version, golden.outputs.score[0]!]]),
      );
      client.start();
      try {
        await point(bad.version);
        const failure = await waitUntil(
          async () => {
            const { last_failure: last } = await platform.status();
            return last?.version === bad.version ? last : undefined;
          },
          { what: `the refusal of version ${bad.version}`, timeoutMs: 300_000, intervalMs: 100 },
        );
        expect(failure.code).to.equal(code);
        expect((await platform.status()).available?.version).to.equal(good.version);
      } finally {
        await point(good.version);
        await client.stop();
      }
      expect(client.tally.failures).to.deep.equal([]);
      expect(client.tally.answered).to.be.greaterThan(0);
    });
  }
});
