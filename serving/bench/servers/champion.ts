import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseManifest } from '../../src/model-package/contract.js';
import { Servable } from '../../src/servables/servable.js';

/** The package named by the first argument, loaded as a replica loads it but without a registry. */
export async function loadChampion(): Promise<Servable> {
  const directory = process.argv[2]!;
  const text = await readFile(join(directory, 'manifest.json'));
  const manifest = parseManifest(text.toString('utf8'));
  const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`;
  const servable = new Servable({ modelName: manifest.model_name, version: '1', digest });
  await servable.load(() => Promise.resolve({ directory, digest, manifest }), {
    intraOpThreads: 1,
    unknownFeatures: 'refuse',
  });
  return servable;
}
