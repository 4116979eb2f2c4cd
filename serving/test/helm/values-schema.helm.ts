import { expect } from 'chai';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isMap, isScalar, parse, parseDocument } from 'yaml';
import { CommandFailure, runCommand } from '../../local/cluster/child-command.js';
import { CHARTS, chartFolder, HELM } from './charts.js';

type Json = Record<string, unknown>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function schemaOf(chart: string): Promise<Json> {
  return JSON.parse(await readFile(join(chartFolder(chart), 'values.schema.json'), 'utf8')) as Json;
}

/** Follows a reference into the same file. */
function resolved(schema: Json, root: Json): Json {
  const reference = schema['$ref'];
  if (typeof reference !== 'string') return schema;
  const target = reference
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((node, key) => (isObject(node) ? node[key] : undefined), root);
  return isObject(target) ? { ...target, ...schema, $ref: undefined } : {};
}

/** Calls back for each schema of a value, with the value's path. */
function walk(
  schema: Json,
  root: Json,
  path: readonly string[],
  visit: (schema: Json, path: readonly string[]) => void,
): void {
  const own = resolved(schema, root);
  visit(own, path);
  const properties = isObject(own['properties']) ? own['properties'] : {};
  for (const [key, child] of Object.entries(properties)) {
    if (isObject(child)) walk(child, root, [...path, key], visit);
  }
}

/**
 * Paths of values that a comment speaks of: one above the value, or above one of the two maps around it. What is above
 * the first value of a map is above the map.
 */
function commented(node: unknown, path: readonly string[] = [], around: readonly boolean[] = []): string[] {
  if (!isMap(node)) return [];
  const keys = node.items.map(({ key }) => (isScalar(key) ? key : undefined));
  const isSaid = typeof (node.commentBefore ?? keys[0]?.commentBefore) === 'string';
  return node.items.flatMap(({ value }, index) => {
    const own = typeof keys[index]?.commentBefore === 'string' || (index === 0 && isSaid);
    const at = [...path, String(keys[index]?.value)];
    const maps = [...around, isSaid];
    return [
      ...(own || maps.slice(-2).includes(true) ? [at.join('.')] : []),
      ...commented(value, at, [...around, own]),
    ];
  });
}

/** Charts that are built in: their own schemas hold their values. Every chart may be given `global` and `enabled`. */
async function handedOn(chart: string): Promise<Set<string>> {
  const { dependencies = [] } = parse(await readFile(join(chartFolder(chart), 'Chart.yaml'), 'utf8')) as {
    dependencies?: { name: string; alias?: string }[];
  };
  return new Set(['global', 'enabled', ...dependencies.map(({ name, alias }) => alias ?? name)]);
}

/** Keys of values that the schema does not name, by path. */
function unnamed(values: Json, schema: Json, root: Json, path = ''): string[] {
  const properties = resolved(schema, root)['properties'];
  // A free map, such as labels.
  if (!isObject(properties)) return [];
  return Object.entries(values).flatMap(([key, value]) => {
    const child = properties[key];
    const at = path === '' ? key : `${path}.${key}`;
    if (!isObject(child)) return [at];
    return isObject(value) ? unnamed(value, child, root, at) : [];
  });
}

/** What a chart that is installed with these values complains of; undefined if it does not. */
async function complaint(chart: string, set: string): Promise<string | undefined> {
  try {
    await runCommand(HELM, ['template', chart, chartFolder(chart), '--set-json', set]);
    return undefined;
  } catch (error) {
    if (error instanceof CommandFailure) return error.stderr;
    throw error;
  }
}

for (const chart of CHARTS) {
  describe(`values of the chart ${chart}`, () => {
    it('are all described, in values.yaml or in the schema', async () => {
      const root = await schemaOf(chart);
      const file = await readFile(join(chartFolder(chart), 'values.yaml'), 'utf8');
      const said = new Set([...commented(parseDocument(file).contents), ...(await handedOn(chart))]);
      const found: string[] = [];
      walk(root, root, [], (schema, path) => {
        const isDescribed = typeof schema['description'] === 'string' || said.has(path.join('.'));
        if (path.length > 0 && !('properties' in schema) && !isDescribed) found.push(path.join('.'));
      });
      expect(found).to.deep.equal([]);
    });

    it('are refused where the schema does not know them', async () => {
      const root = await schemaOf(chart);
      const handed = await handedOn(chart);
      const open: string[] = [];
      walk(root, root, [], (schema, path) => {
        const isOpen = 'properties' in schema && schema['additionalProperties'] !== false;
        if (isOpen && !handed.has(path[0] ?? '')) open.push(path.join('.') || 'the root');
      });
      expect(open).to.deep.equal([]);
      expect(await complaint(chart, 'misspelt=true')).to.contain('misspelt');
    });

    it('have a default, and no more than the schema names', async () => {
      const root = await schemaOf(chart);
      const values = parse(await readFile(join(chartFolder(chart), 'values.yaml'), 'utf8')) as Json;
      const handed = await handedOn(chart);
      const own = Object.fromEntries(Object.entries(values).filter(([name]) => !handed.has(name)));
      expect(unnamed(own, root, root)).to.deep.equal([]);
      const names = Object.keys(isObject(root['properties']) ? root['properties'] : {});
      expect(names.filter((name) => !(name in values) && !handed.has(name))).to.deep.equal([]);
    });

    it('are all read by a template, or handed to a chart that is built in', async () => {
      const folder = join(chartFolder(chart), 'templates');
      const files = (await readdir(folder, { recursive: true })).filter((file) =>
        /\.(yaml|tpl|txt)$/.test(file),
      );
      const templates = (await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))).join(
        '\n',
      );
      const handed = await handedOn(chart);
      const values = parse(await readFile(join(chartFolder(chart), 'values.yaml'), 'utf8')) as Json;
      const unread = Object.keys(values).filter(
        (key) => !handed.has(key) && !new RegExp(`\\b${key}\\b`).test(templates),
      );
      expect(unread).to.deep.equal([]);
    });
  });
}
