import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseManifest } from '../../../src/model-package/contract.js';
import { seededRandom } from '../../../test/support/seeded-random.js';
import type { LoadSettings } from './load-settings.js';

const valueSchema = z.union([z.number(), z.string(), z.boolean(), z.null()]);
const rowsSchema = z.array(z.union([z.record(z.string(), valueSchema), z.array(valueSchema)])).min(1);
const examplesSchema = z.object({
  paths: z.record(
    z.string(),
    z.object({
      post: z
        .object({
          requestBody: z.object({
            content: z.object({
              'application/json': z.object({
                examples: z.record(z.string(), z.object({ value: z.object({ instances: rowsSchema }) })),
              }),
            }),
          }),
        })
        .optional(),
    }),
  ),
});

type Row = z.infer<typeof rowsSchema>[number];

const FETCH_TIMEOUT_MS = 10_000;

/**
 * Rows that the target's model can answer: those of a file, the golden rows of a package, or the examples in the
 * target's own OpenAPI document.
 *
 * @throws when none of them has any
 */
export async function readRows({ rowsFile, packageDirectory, url }: LoadSettings): Promise<readonly Row[]> {
  if (rowsFile !== undefined) return rowsSchema.parse(JSON.parse(await readFile(rowsFile, 'utf8')));
  if (packageDirectory !== undefined) {
    const { golden } = parseManifest(await readFile(join(packageDirectory, 'manifest.json'), 'utf8'));
    return golden.rows.map((row) => [...row]);
  }
  const document = new URL('/openapi.json', url);
  try {
    const answer = await fetch(document, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
    const { paths } = examplesSchema
      .pick({ paths: true })
      .parse({ paths: onlyPath(await answer.json(), url.pathname) });
    const examples = paths[url.pathname]?.post?.requestBody.content['application/json'].examples ?? {};
    const rows = Object.values(examples).map(({ value }) => value.instances)[0];
    if (rows !== undefined) return rows;
  } catch (cause) {
    throw new Error(`No rows: ${document.href} has no examples. ${ADVICE}`, { cause });
  }
  throw new Error(`No rows: ${document.href} has no examples of ${url.pathname}. ${ADVICE}`);
}

const ADVICE = 'Name a file (ROWS=...) or the folder of the model package (PACKAGE=...)';

/** Other paths have bodies of other forms. */
function onlyPath(document: unknown, path: string): unknown {
  const { paths } = z.looseObject({ paths: z.record(z.string(), z.unknown()) }).parse(document);
  return { [path]: paths[path] ?? {} };
}

/**
 * Mixes rows by column: each value was seen in its column, so that a row is as valid as those that it comes from,
 * and there are many more of them than examples. Mixing needs rows of one form; others are taken as they are.
 */
export function mixedRows(rows: readonly Row[], count: number, seed = 1): Row[] {
  const random = seededRandom(seed);
  const any = () => rows[Math.floor(random() * rows.length)]!;
  const keys = Object.keys(rows[0]!).join();
  const isMixable = rows.every(
    (row) => Object.keys(row).join() === keys && Array.isArray(row) === Array.isArray(rows[0]),
  );
  if (!isMixable) return Array.from({ length: count }, any);
  return Array.from({ length: count }, () => {
    const first = rows[0]!;
    if (Array.isArray(first)) return first.map((_, column) => (any() as typeof first)[column]!);
    return Object.fromEntries(Object.keys(first).map((name) => [name, (any() as typeof first)[name]!]));
  });
}
