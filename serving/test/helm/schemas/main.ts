/**
 * Writes what kubeconform holds manifests against, from the sources of Kubernetes and of the operators that are used:
 *   node --import tsx test/helm/schemas/main.ts FOLDER
 * Sources are Go modules, so that they are checked against Go's checksum database, and any proxy serves. Needs Go.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { runCommand } from '../../../local/cluster/child-command.js';
import { DEFINITIONS, manifestSchema, schemaPath, strictSchema, type JsonObject } from './strict-schema.js';

const KUBERNETES = { module: 'k8s.io/kubernetes@v1.36.3', documents: 'api/openapi-spec/v3' };

/** Files or folders of CustomResourceDefinitions. Versions are those of helm/upstream, as far as it has the operator. */
const OPERATORS = [
  { module: 'github.com/cert-manager/cert-manager@v1.21.2', crds: ['deploy/crds'] },
  {
    module: 'github.com/envoyproxy/gateway@v1.9.1',
    crds: [
      'charts/gateway-helm/charts/crds/crds/generated',
      'charts/gateway-helm/charts/crds/crds/gatewayapi-crds.yaml',
    ],
  },
  { module: 'github.com/external-secrets/external-secrets@v1.3.2', crds: ['config/crds/bases'] },
  {
    module: 'github.com/prometheus-operator/prometheus-operator@v0.93.1',
    crds: ['example/prometheus-operator-crd'],
  },
  { module: 'istio.io/api@v1.31.1', crds: ['kubernetes/customresourcedefinitions.gen.yaml'] },
];

const openApiSchema = z.object({
  components: z.object({ schemas: z.record(z.string(), z.record(z.string(), z.unknown())).default({}) }),
});
const kindsSchema = z.array(z.object({ group: z.string(), version: z.string(), kind: z.string() }));
const crdSchema = z.object({
  kind: z.literal('CustomResourceDefinition'),
  spec: z.object({
    group: z.string(),
    names: z.object({ kind: z.string() }),
    versions: z.array(
      z.object({
        name: z.string(),
        schema: z.object({ openAPIV3Schema: z.record(z.string(), z.unknown()) }),
      }),
    ),
  }),
});

async function moduleFolder(module: string): Promise<string> {
  const downloaded = await runCommand('go', ['mod', 'download', '-json', module], { timeoutMs: 600_000 });
  return z.object({ Dir: z.string() }).parse(JSON.parse(downloaded)).Dir;
}

async function writeJson(file: string, content: unknown): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(content));
}

async function writeKubernetes(out: string): Promise<number> {
  const folder = join(await moduleFolder(KUBERNETES.module), KUBERNETES.documents);
  const definitions = new Map<string, JsonObject>();
  for (const file of (await readdir(folder)).sort()) {
    const document = openApiSchema.parse(JSON.parse(await readFile(join(folder, file), 'utf8')));
    for (const [name, schema] of Object.entries(document.components.schemas)) definitions.set(name, schema);
  }
  // Seen from the file itself, its definitions are beside it.
  const strict = new Map(
    [...definitions].map(([name, schema]) => [name, strictSchema(schema) as JsonObject]),
  );
  const local = JSON.stringify({ definitions: Object.fromEntries(strict) }).replaceAll(
    `../${DEFINITIONS}#`,
    '#',
  );
  await mkdir(out, { recursive: true });
  await writeFile(join(out, DEFINITIONS), local);
  let written = 0;
  for (const [name, schema] of definitions) {
    const kinds = kindsSchema.safeParse(schema['x-kubernetes-group-version-kind']).data ?? [];
    const [kind] = kinds;
    // Types of several kinds, such as DeleteOptions, are no manifests.
    if (kind === undefined || kinds.length > 1) continue;
    await writeJson(join(out, schemaPath(kind)), manifestSchema(kind, strict.get(name) ?? {}));
    written += 1;
  }
  return written;
}

async function crdFiles(path: string): Promise<string[]> {
  if (path.endsWith('.yaml')) return [path];
  const names = await readdir(path);
  return names.filter((name) => name.endsWith('.yaml')).map((name) => join(path, name));
}

async function writeOperator(out: string, { module, crds }: (typeof OPERATORS)[number]): Promise<number> {
  const folder = await moduleFolder(module);
  const files = (await Promise.all(crds.map((path) => crdFiles(join(folder, path))))).flat();
  let written = 0;
  for (const file of files) {
    for (const document of parseAllDocuments(await readFile(file, 'utf8'))) {
      const crd = crdSchema.safeParse(document.toJS()).data;
      if (crd === undefined) continue;
      const { group, names, versions } = crd.spec;
      for (const { name, schema } of versions) {
        const kind = { group, version: name, kind: names.kind };
        // What a CRD says of metadata is little; Kubernetes holds it to its own type.
        const properties = { ...(schema.openAPIV3Schema['properties'] as JsonObject | undefined) };
        delete properties['metadata'];
        const strict = strictSchema({ ...schema.openAPIV3Schema, properties }) as JsonObject;
        await writeJson(join(out, schemaPath(kind)), manifestSchema(kind, strict));
        written += 1;
      }
    }
  }
  return written;
}

const out = process.argv[2];
if (out === undefined) throw new Error('usage: main.ts FOLDER');
await rm(out, { recursive: true, force: true });
let written = await writeKubernetes(out);
for (const operator of OPERATORS) written += await writeOperator(out, operator);
process.stdout.write(`${written} schemas in ${out}\n`);
