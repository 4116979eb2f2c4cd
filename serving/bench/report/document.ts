import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));

/** The page that all benchmarks write their section of. */
export const BENCHMARKS_PAGE = join(DOCS, 'benchmarks.md');

/**
 * The text with what stands between `<!-- begin NAME -->` and `<!-- end NAME -->` replaced.
 *
 * @throws when the markers are missing: a person decides where on the page a section belongs
 */
export function withSection(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- begin ${name} -->`, `<!-- end ${name} -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from === -1 || to === -1) throw new Error(`There are no markers ${begin} and ${end} on the page`);
  return `${text.slice(0, from + begin.length)}\n${content.trim()}\n${text.slice(to)}`;
}

/** Replaces one section of the page of benchmarks; what people wrote around it stays. */
export async function writeSection(name: string, content: string): Promise<void> {
  await writeFile(BENCHMARKS_PAGE, withSection(await readFile(BENCHMARKS_PAGE, 'utf8'), name, content));
}

/**
 * Writes a plot beside the page.
 *
 * @param name such as `peers-cpu`; becomes `docs/benchmarks/peers-cpu.svg`
 * @returns the Markdown that shows it
 */
export async function writePlot(name: string, svg: string, alternative: string): Promise<string> {
  const path = join(DOCS, 'benchmarks', `${name}.svg`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, svg);
  return `![${alternative}](benchmarks/${name}.svg)`;
}
