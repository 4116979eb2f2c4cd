import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { PlatformFailure } from './failure.js';

const value = z.union([z.number(), z.string(), z.boolean(), z.null()]);
const manifestSchema = z.looseObject({
  features: z.array(z.looseObject({ name: z.string() })),
  golden: z.looseObject({ rows: z.array(z.array(value)).min(1) }),
});

export type Instance = Record<string, z.infer<typeof value>>;

/**
 * A row for a first request: the first golden row of the package that serves, which is a row of its training
 * data. Read from serving's cache, so that it can be had while the registry is down.
 */
export function sampleRow(artifactCacheDir: string, digest: string): Instance {
  const file = path.join(artifactCacheDir, 'packages', digest.replace(/^sha256:/, ''), 'manifest.json');
  try {
    return rowIn(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new PlatformFailure(`No sample row: ${file} can't be read.`, undefined, { cause: error });
  }
}

/** @throws for what is no manifest */
export function rowIn(manifestText: string): Instance {
  const manifest = manifestSchema.parse(JSON.parse(manifestText));
  const row = manifest.golden.rows[0]!;
  return Object.fromEntries(manifest.features.map((feature, index) => [feature.name, row[index] ?? null]));
}
