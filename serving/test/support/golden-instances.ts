import type { Manifest, Scalar } from '../../src/model-package/manifest.js';

/** Golden rows of a package as clients send them. */
export function goldenInstances({ features, golden }: Manifest): Record<string, Scalar | null>[] {
  return golden.rows.map((row) =>
    Object.fromEntries(features.map(({ name }, index) => [name, (row as (Scalar | null)[])[index] ?? null])),
  );
}
