import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { runCommand } from '../../local/cluster/child-command.js';
import { SERVING_ROOT } from '../support/training-environment.js';

export const HELM_ROOT = join(SERVING_ROOT, '../helm');
const TOOLS = join(SERVING_ROOT, '../.tools');

/** Programs and schemas that `make helm-test` has installed. */
export const HELM = join(TOOLS, 'helm/bin/helm');
export const HELM_UNITTEST = join(TOOLS, 'helm/bin/helm-unittest');
export const KUBECONFORM = join(TOOLS, 'helm/bin/kubeconform');
export const SCHEMAS = join(TOOLS, 'helm/schemas');
export const CHECKOV = join(TOOLS, 'checkov/bin/checkov');

/** The environments that the platform has values for. */
export const ENVIRONMENTS = ['dev', 'staging', 'production'] as const;

/** Pins only: its charts are not here. */
const PINS = 'upstream';

const manifestSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
});

export type Manifest = z.infer<typeof manifestSchema>;

/** A chart with one set of values, as somebody may install it. */
export interface ChartCase {
  readonly chart: string;
  readonly name: string;
  readonly values: readonly string[];
}

// Charts are built in a copy: dependencies are packed into them, and what is checked out stays as it is.
const copy = await mkdtemp(join(tmpdir(), 'charts-'));
process.once('exit', () => void rm(copy, { recursive: true, force: true }));
await cp(HELM_ROOT, copy, { recursive: true, filter: (path) => basename(path) !== 'charts' });

const folders = await readdir(copy, { withFileTypes: true });

/** Our charts, by name. */
export const CHARTS = folders
  .filter((entry) => entry.isDirectory() && entry.name !== PINS)
  .map(({ name }) => name)
  .filter((name) => existsSync(join(copy, name, 'Chart.yaml')))
  .sort();

/** A chart's folder, with its dependencies. */
export function chartFolder(chart: string): string {
  return join(copy, chart);
}

for (const chart of CHARTS) {
  if (existsSync(join(chartFolder(chart), 'Chart.lock'))) {
    await runCommand(HELM, ['dependency', 'build', '--skip-refresh', chartFolder(chart)]);
  }
}

async function casesOf(chart: string): Promise<ChartCase[]> {
  const folder = join(chartFolder(chart), 'ci');
  const files = existsSync(folder) ? (await readdir(folder)).sort() : [];
  const own = files.map((file) => ({
    chart,
    name: `${chart}, ${basename(file, '.yaml')}`,
    values: [join(folder, file)],
  }));
  const environments = ENVIRONMENTS.map((environment) => ({
    chart,
    name: `${chart}, ${environment}`,
    values: [join(copy, 'values', environment, `${chart}.yaml`)],
  })).filter(({ values }) => values.every(existsSync));
  return [{ chart, name: `${chart}, its own values`, values: [] }, ...own, ...environments];
}

/** Every chart with each of the values that are kept for it: its own, those of its `ci` folder, and environments'. */
export const CASES = (await Promise.all(CHARTS.map(casesOf))).flat();

/** What `helm template` makes of a case; CRDs of the cluster are taken to be there. */
export function templateArguments({ chart, values }: ChartCase): string[] {
  return [
    'template',
    chart,
    chartFolder(chart),
    ...['--namespace', 'retraining'],
    ...['--kube-version', '1.36.3'],
    ...values.flatMap((file) => ['--values', file]),
  ];
}

const texts = new Map<string, Promise<string>>();

/** Rendered once, however often it is asked for. */
export function renderedText(chartCase: ChartCase): Promise<string> {
  const text = texts.get(chartCase.name) ?? runCommand(HELM, templateArguments(chartCase));
  texts.set(chartCase.name, text);
  return text;
}

export async function renderedManifests(chartCase: ChartCase): Promise<Manifest[]> {
  const documents = parseAllDocuments(await renderedText(chartCase));
  return documents
    .filter((document) => document.contents !== null)
    .map((document) => manifestSchema.parse(document.toJS()));
}
