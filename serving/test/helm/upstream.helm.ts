import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { CommandFailure, runCommand } from '../../local/cluster/child-command.js';
import { CASES, HELM, HELM_ROOT, renderedManifests, type Manifest } from './charts.js';
import { conformance } from './conformance.js';
import { containersOf, podOf } from './pods.js';
import { neededBy, providedBy } from './references.js';
import { restrictedViolations } from './restricted-profile.js';

const UPSTREAM = join(HELM_ROOT, 'upstream');
const VALUES = join(HELM_ROOT, 'values');

const dependencySchema = z.object({
  name: z.string(),
  version: z.string(),
  repository: z.string(),
  condition: z.string().optional(),
});
const chartSchema = z.looseObject({ dependencies: z.array(dependencySchema) });
const lockSchema = z.looseObject({ dependencies: z.array(dependencySchema), digest: z.string() });

async function read(...path: string[]): Promise<unknown> {
  return parse(await readFile(join(HELM_ROOT, ...path), 'utf8'));
}

/** What Helm says when it is to fetch a chart's dependencies, without any repository to fetch them from. */
async function complaintOf(chart: string): Promise<string> {
  const nowhere = join(chart, 'no-repositories.yaml');
  try {
    return await runCommand(HELM, ['dependency', 'build', '--repository-config', nowhere, chart]);
  } catch (error) {
    if (error instanceof CommandFailure) return error.stderr;
    throw error;
  }
}

describe('charts of others', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'upstream-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('are pinned to exact versions, and the lock repeats them', async () => {
    const { dependencies } = chartSchema.parse(await read('upstream', 'Chart.yaml'));
    const lock = lockSchema.parse(await read('upstream', 'Chart.lock'));
    const pinned = dependencies.map(({ name, version, repository }) => ({ name, repository, version }));
    expect(lock.dependencies).to.deep.equal(pinned);
    expect(pinned.filter(({ version }) => !/^v?\d+\.\d+\.\d+$/.test(version))).to.deep.equal([]);
  });

  it('have a switch each', async () => {
    const { dependencies } = chartSchema.parse(await read('upstream', 'Chart.yaml'));
    const values = (await read('upstream', 'values.yaml')) as Record<string, unknown>;
    expect(Object.keys(values)).to.have.members(dependencies.map(({ name }) => name));
    for (const { name, condition } of dependencies) expect(condition).to.equal(`${name}.enabled`);
  });

  it('have a lock that Helm takes for the one of Chart.yaml', async () => {
    await cp(UPSTREAM, folder, { recursive: true });
    expect(await complaintOf(folder)).to.contain('no repository definition');
  });

  it('can not be exchanged without the lock', async () => {
    await cp(UPSTREAM, folder, { recursive: true });
    const file = join(folder, 'Chart.yaml');
    await writeFile(file, (await readFile(file, 'utf8')).replace(/version: 88\.\S+/, 'version: 1.0.0'));
    expect(await complaintOf(folder)).to.contain('out of sync');
  });

  it('are all known to install.sh, which names only values that are there', async () => {
    const { dependencies } = chartSchema.parse(await read('upstream', 'Chart.yaml'));
    const script = await readFile(join(UPSTREAM, 'install.sh'), 'utf8');
    const order = /^order=\((.*)\)$/m.exec(script)?.[1]?.split(' ') ?? [];
    expect(order).to.have.members(dependencies.map(({ name }) => name));
    const installs = [...script.matchAll(/^ +install \S+ \S+ "\$chart" (.+)$/gm)];
    const named = installs.flatMap(([, files = '']) => files.replaceAll('"', '').split(' '));
    expect(named).to.include('airflow/common.yaml');
    const files = named.flatMap((file) =>
      ['staging', 'production'].flatMap((environment) =>
        ['cert-manager', 'external-secrets'].map((chart) =>
          file.replace('$environment', environment).replace('$chart', chart),
        ),
      ),
    );
    expect(files.filter((file) => !existsSync(join(VALUES, file)))).to.deep.equal([]);
  });
});

type Known = string | { readonly [key: string]: Known };

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

/** Paths of values that are not known, or of another type. */
function unknownKeys(values: unknown, known: Known | undefined, path = ''): string[] {
  if (known === undefined) return [path];
  if (typeof known === 'string') return typeOf(values) === known ? [] : [`${path} is no ${known}`];
  if (typeof values !== 'object' || values === null || Array.isArray(values)) return [`${path} is no map`];
  if (Object.keys(known).length === 0) return [];
  return Object.entries(values).flatMap(([key, value]) =>
    unknownKeys(value, known[key], path === '' ? key : `${path}.${key}`),
  );
}

describe('values for charts of others', () => {
  const files: [chart: string, file: string][] = [
    ['airflow', 'airflow/common.yaml'],
    ['airflow', 'airflow/staging.yaml'],
    ['airflow', 'airflow/production.yaml'],
    ['airflow', 'airflow/celery.yaml'],
    ['airflow', 'monitoring/airflow.yaml'],
    ['cert-manager', 'cluster/cert-manager.yaml'],
    ['external-secrets', 'cluster/external-secrets.yaml'],
    ['gateway-helm', 'cluster/gateway-helm.yaml'],
  ];
  for (const [chart, file] of files) {
    it(`have keys only that were read in the chart's sources: ${file}`, async () => {
      const known = (await read('upstream', 'known-keys.yaml')) as Record<string, Known>;
      expect(unknownKeys(await read('values', file), known[chart])).to.deep.equal([]);
    });
  }
});

const settingsSchema = z.object({ data: z.object({ PROMOTION_TOKEN_FILE: z.string() }) });
const policySchema = z.object({
  podSelector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
});
const tokenSchema = z.object({
  volumes: z.array(
    z.object({
      name: z.string(),
      secret: z
        .object({
          secretName: z.string(),
          optional: z.boolean().optional(),
          defaultMode: z.number().optional(),
        })
        .optional(),
    }),
  ),
  containers: z.array(
    z.object({
      volumeMounts: z.array(
        z.object({ name: z.string(), mountPath: z.string(), readOnly: z.boolean().optional() }),
      ),
    }),
  ),
});

function isNamed(kind: string, name: string): (manifest: Manifest) => boolean {
  return (manifest) => manifest.kind === kind && manifest.metadata.name === name;
}

/** What the platform makes where CI is asked to promote. */
async function manifestsByCi(): Promise<Manifest[]> {
  const byCi = CASES.find(({ name }) => name === 'platform, promotion-by-ci-values');
  expect(byCi).to.not.equal(undefined);
  return renderedManifests(byCi!);
}

/** Renders `podTemplate` as the chart does: with its values, and with the one name of its own that it uses. */
async function taskPod(folder: string, environment: string): Promise<Manifest> {
  await mkdir(join(folder, 'templates'));
  await writeFile(join(folder, 'Chart.yaml'), 'apiVersion: v2\nname: airflow\nversion: 1.0.0\n');
  const name = '{{- define "airflow_config" -}}airflow-config{{- end -}}';
  await writeFile(join(folder, 'templates/pod.yaml'), `${name}{{ tpl .Values.podTemplate . }}`);
  const values = ['common', environment].flatMap((file) => [
    '--values',
    join(VALUES, `airflow/${file}.yaml`),
  ]);
  const rendered = await runCommand(HELM, [
    'template',
    'airflow',
    folder,
    '--namespace',
    'retraining',
    ...values,
  ]);
  const report = await conformance(rendered);
  expect(report.resources.map(({ msg }) => msg)).to.deep.equal([]);
  const pod = parse(rendered) as Manifest;
  return { ...pod, metadata: { ...pod.metadata, annotations: {} } };
}

for (const environment of ['staging', 'production']) {
  describe(`the pod of a task, ${environment}`, () => {
    let folder: string;
    let pod: Manifest;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'task-pod-'));
      pod = await taskPod(folder, environment);
    });

    after(async () => {
      await rm(folder, { recursive: true, force: true });
    });

    it('is one container `base` of the training image, which keeps the restricted standard and has no token', () => {
      const owned = podOf(pod);
      expect(owned).to.not.equal(undefined);
      if (owned === undefined) return;
      expect(restrictedViolations(owned.pod)).to.deep.equal([]);
      expect(owned.pod.automountServiceAccountToken).to.equal(false);
      const containers = containersOf(owned.pod);
      expect(containers.map(({ name }) => name)).to.deep.equal(['base']);
      expect(containers[0]?.image).to.match(/\/training:\d/);
      expect(containers[0]?.securityContext.readOnlyRootFilesystem).to.equal(true);
      expect(containers[0]?.resources.limits['memory']).to.be.a('string');
    });

    it("finds every Secret and ConfigMap in what the platform makes, but Airflow's own configuration", async () => {
      const platform = CASES.find(({ name }) => name === `platform, ${environment}`);
      expect(platform).to.not.equal(undefined);
      if (platform === undefined) return;
      const provided = providedBy(await renderedManifests(platform));
      const owned = podOf(pod);
      const missing = neededBy(owned === undefined ? [] : [owned])
        .filter(({ kind, name }) => `${kind} ${name}` !== 'ConfigMap airflow-config')
        .filter(({ kind, name, key }) => {
          const keys = provided.get(`${kind} ${name}`);
          return keys === undefined || (key !== undefined && !keys.has(key));
        });
      expect(missing).to.deep.equal([]);
    });

    it('has the token of CI, if there is one, in the file that the platform names', async () => {
      const manifests = await manifestsByCi();
      const { data } = settingsSchema.parse(manifests.find(isNamed('ConfigMap', 'pipeline')));
      const [secret] = manifests.filter(isNamed('ExternalSecret', 'promotion-token'));
      const [key] = secret === undefined ? [] : providedBy([secret]).get('Secret promotion-token')!;
      const { volumes, containers } = tokenSchema.parse(pod['spec']);
      const volume = volumes.find((one) => one.secret?.secretName === 'promotion-token');
      expect(volume?.secret).to.include({ optional: true, defaultMode: 0o440 });
      const mount = containers[0]?.volumeMounts.find(({ name }) => name === volume?.name);
      expect(mount).to.include({ readOnly: true });
      expect(data.PROMOTION_TOKEN_FILE).to.equal(`${mount?.mountPath}/${key}`);
    });

    it('is among those that a policy lets ask CI', async () => {
      const manifests = await manifestsByCi();
      const policy = manifests.find(isNamed('NetworkPolicy', 'promotion-by-ci'));
      const { podSelector } = policySchema.parse(policy?.['spec']);
      expect(podOf(pod)?.labels).to.include(podSelector.matchLabels);
    });
  });
}
