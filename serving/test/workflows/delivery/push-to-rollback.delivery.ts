import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { championIn, type Champion } from '../../../local/champion.js';
import { runCommand } from '../../../local/cluster/child-command.js';
import { ensureAddons } from '../../../local/cluster/cluster-addons.js';
import { ClusterConnections } from '../../../local/cluster/cluster-connections.js';
import { SERVING_PODS } from '../../../local/cluster/cluster-fleet.js';
import { ConstantLoad } from '../../../local/cluster/constant-load.js';
import { gatewayAddress } from '../../../local/cluster/gateway-address.js';
import { Kubernetes } from '../../../local/cluster/kubernetes.js';
import { podSchema } from '../../../local/cluster/pods.js';
import { servedManifest } from '../../../local/cluster/served-row.js';
import { readSettings } from '../../../local/settings.js';
import type { Manifest } from '../../../src/model-package/manifest.js';
import { JobAuthorities } from '../../fakes/job-authorities.js';
import { ClusterVolumes } from '../../support/cluster-volumes.js';
import { goldenInstances } from '../../support/golden-instances.js';
import { quickRolloutPlan } from '../../support/quick-rollout-plan.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { outputsFile } from '../../support/terraform-outputs.js';
import type { JobResult } from '../runner/job-run.js';
import type { StandIns } from '../runner/stand-in.js';
import {
  REPOSITORY_ROOT,
  runWorkflow,
  type WorkflowResult,
  type WorkflowRunOptions,
} from '../runner/workflow-run.js';
import { ArtifactStore } from './artifact-store.js';
import { ImageRegistry } from './image-registry.js';
import { RegistryOnNode } from './registry-on-node.js';
import { WatchedTier } from './watched-tier.js';

const NAMESPACE = 'delivery-test';
const RELEASE = 'platform';
const VOLUMES = 4;
/** What a dev environment runs. */
const IMAGES = 'serving mlflow training postgres s3';

const MINUTE_MS = 60_000;
/** Builds five images on a machine that has not got them. */
const PUSH_TIMEOUT_MS = 60 * MINUTE_MS;
const WORKFLOW_TIMEOUT_MS = 15 * MINUTE_MS;

/** The token of a run, as the runner has it. */
const PUBLISHER = {
  name: 'ana',
  password: 'token-of-this-run',
  htpasswd: 'ana:$2b$05$rGxj377MgoJdMejcnPejQOyDl4Fu4etV575IqM3R5jU4mydzSwcxq',
};

const TESTS = ['lint', 'security', 'codeql', 'serving', 'dags', 'monitoring', 'charts', 'terraform', 'e2e'];
/** Those that are run here, too; the rest takes many minutes, and other jobs of CI run it. */
const RUN_HERE = (process.env['TESTS'] ?? '').split(' ');

const OF_GITHUB: StandIns = Object.fromEntries(
  [
    ...['actions/attest', 'sigstore/cosign-installer', 'hashicorp/setup-terraform'],
    ...['github/codeql-action/init', 'github/codeql-action/analyze'],
  ].map((action) => [action, () => ({})]),
);

/**
 * The way of a change: every step of the workflows as it stands there, with real images, registries, cluster, Airflow,
 * MLflow and Prometheus. In place of others are: GitHub and Yandex Cloud, who say who a job is; signatures, which need
 * both; and lists of vulnerabilities, which are far away.
 */
describe('from a push to a rollback', () => {
  const folder = temporaryDirectory();
  const kubernetes = new Kubernetes(NAMESPACE);
  const connections = new ClusterConnections(kubernetes);
  const [first, second] = [commit('HEAD~1'), commit('HEAD')] as const;
  let authorities: JobAuthorities;
  /** Where GitHub would have the images. */
  let published: ImageRegistry;
  /** Where the cluster fetches them. */
  let environment: ImageRegistry;
  let volumes: ClusterVolumes | undefined;
  let onNode: RegistryOnNode | undefined;
  let tier: WatchedTier | undefined;
  let load: ConstantLoad | undefined;
  /** Of both pushes, as the job that publishes has said. */
  const digests: string[] = [];

  before(async function () {
    this.timeout(30 * MINUTE_MS);
    authorities = await JobAuthorities.start();
    published = await ImageRegistry.start(PUBLISHER);
    environment = await ImageRegistry.start();
    writeFileSync(
      join(folder, 'registries.conf'),
      [published, environment]
        .map(({ host }) => `[[registry]]\nlocation = "${host}"\ninsecure = true\n`)
        .join(''),
    );
    // Neither has a certificate; everybody else's has.
    const skopeo = execFileSync('bash', ['-c', 'command -v skopeo'], { encoding: 'utf8' }).trim();
    writeFileSync(
      join(folder, 'skopeo'),
      `#!/usr/bin/env bash\nexec "${skopeo}" --registries-conf "${folder}/registries.conf" "$@"\n`,
    );
    chmodSync(join(folder, 'skopeo'), 0o755);
    // Of programs that know registries, one stops where there is no such file yet.
    mkdirSync(join(folder, 'docker'));
    writeFileSync(join(folder, 'docker/config.json'), '{}');
    // As shipped: golden rows lie where decisions are close.
    writeFileSync(join(folder, 'plan.yaml'), quickRolloutPlan({ labelFlips: 0.3 }));
    await kubernetes.deleteNamespace({ wait: true });
    await kubernetes.createNamespace();
    volumes = await ClusterVolumes.forCluster(kubernetes, NAMESPACE, VOLUMES);
    await volumes?.makeDefault();
    // An environment's operators are there before the platform.
    const gateway = 'apiVersion: gateway.networking.k8s.io/v1\nspec:\n  gatewayClassName: envoy\n';
    await ensureAddons(kubernetes, readSettings().cluster, gateway);
  });

  after(async function () {
    this.timeout(5 * MINUTE_MS);
    await load?.stop();
    await tier?.stop();
    await connections.close();
    await onNode?.close();
    await kubernetes.deleteNamespace({ wait: true });
    await volumes?.delete();
    await environment.stop();
    await published.stop();
    authorities.stop();
  });

  function commit(name: string): string {
    return execFileSync('git', ['rev-parse', name], { cwd: REPOSITORY_ROOT, encoding: 'utf8' }).trim();
  }

  function passed(jobs: readonly string[]): NonNullable<WorkflowRunOptions['given']> {
    return Object.fromEntries(jobs.map((job) => [job, { result: 'success' as const }]));
  }

  /** What a job finds on its machine. */
  function machine(): Record<string, string> {
    const taken = ['KUBECONFIG', 'CLUSTER_TOOLS', 'CLUSTER_HOME', 'CLUSTER_CONFIRM', 'IMAGE_LOAD'];
    const own = Object.entries(process.env).filter(([name]) => taken.includes(name));
    return {
      ...(Object.fromEntries(own) as Record<string, string>),
      ...authorities.variables,
      CLUSTER_NAMESPACE: NAMESPACE,
      PLATFORM_STATE_DIR: join(folder, 'state'),
      PATH: `${folder}:${process.env['PATH'] ?? ''}`,
      DOCKER_CONFIG: join(folder, 'docker'),
      REGISTRY_AUTH_FILE: join(folder, 'docker/config.json'),
      ...{ SIGN: 'no', OFFLINE: '1' },
    };
  }

  function terraformOutputs(): string {
    const outputs = JSON.parse(readFileSync(outputsFile('dev'), 'utf8')) as Record<
      string,
      { value: unknown }
    >;
    outputs['kubeconfig']!.value = readFileSync(process.env['KUBECONFIG']!, 'utf8');
    outputs['registry']!.value = {
      ...(outputs['registry']!.value as object),
      image_registry: `${environment.host}/dev`,
    };
    return JSON.stringify(outputs);
  }

  async function push(sha: string, options: Partial<WorkflowRunOptions> = {}): Promise<WorkflowResult> {
    const artifacts = new ArtifactStore(REPOSITORY_ROOT);
    const run = await runWorkflow('.github/workflows/ci-cd.yml', {
      event: { name: 'push', github: { sha } },
      variables: {
        ...{ REGISTRY: published.host, IMAGES, DEPLOY_DEV: 'true', TERRAFORM_OUTPUTS: terraformOutputs() },
      },
      secrets: { REGISTRY_PASSWORD: '', ACCEPTANCE_API_KEY: '' },
      standIns: { ...OF_GITHUB, ...artifacts.standIns },
      given: passed(TESTS.filter((job) => !RUN_HERE.includes(job))),
      environment: { ...machine(), ...builder(sha) },
      ...options,
    });
    artifacts.delete();
    return run;
  }

  /**
   * Makes the images of each push their own, also where the sources are the same: layers that are kept from other builds
   * carry the labels of those. The kubelet lets nobody have an image from elsewhere that it has fetched with another name.
   */
  function builder(sha: string): Record<string, string> {
    const { CLUSTER_TOOLS: tools = '' } = process.env;
    const build = tools === '' ? 'docker build' : `${tools}/image-build --layers`;
    return { IMAGE_BUILD: `${build} --label push=${sha}-${Date.now()}` };
  }

  /** A workflow that a person starts. */
  async function dispatch(
    file: string,
    inputs: Record<string, string>,
    { variables = {}, secrets = {} }: Pick<WorkflowRunOptions, 'variables' | 'secrets'> = {},
  ): Promise<WorkflowResult> {
    const { username, password } = await kubernetes.secret('mlflow-admin');
    const result = await ClusterConnections.during(kubernetes, async (now) =>
      runWorkflow(`.github/workflows/${file}`, {
        event: { name: 'workflow_dispatch', inputs },
        variables: {
          ...{ CLUSTER_NAMESPACE: NAMESPACE, TERRAFORM_OUTPUTS: terraformOutputs() },
          ...{
            MLFLOW_TRACKING_URI: (await now.service('mlflow', 5000)).url,
            SERVING_REPLICAS: tier?.replicas.join() ?? '',
          },
          ...variables,
        },
        secrets: {
          ...{ MLFLOW_TRACKING_USERNAME: username!, MLFLOW_TRACKING_PASSWORD: password! },
          ...{ MLFLOW_TRACKING_TOKEN: '', ...secrets },
        },
        environment: machine(),
      }),
    );
    expect(result.result, failures(result)).to.equal('success');
    return result;
  }

  /** The ends of what steps that failed have printed: of minutes of output, what matters. */
  function failures({ jobs }: WorkflowResult): string {
    return Object.entries(jobs)
      .flatMap(([job, { steps }]: [string, JobResult]) => steps.map((step) => ({ job, ...step })))
      .filter(({ outcome }) => outcome !== 'success')
      .map(({ job, name, log }) => `${job}, ${name}:\n${log.slice(-4_000)}`)
      .join('\n');
  }

  function results({ jobs }: WorkflowResult, ...names: readonly string[]): string[] {
    return names.map((name) => `${name} ${jobs[name]!.result}`);
  }

  async function champion(): Promise<Champion | undefined> {
    return ClusterConnections.during(kubernetes, async (now) =>
      championIn(await now.registry(), readSettings()),
    );
  }

  /** Images that pods of the tier run; those that a deployment has replaced still end in peace. */
  async function served(): Promise<readonly string[]> {
    const pods = await kubernetes.list(podSchema, 'pods', SERVING_PODS);
    const staying = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    return [...new Set(staying.flatMap(({ spec }) => spec.containers.map(({ image }) => image)))];
  }

  function imageOf(published: string): string {
    const { serving } = JSON.parse(published) as { serving: string };
    return `${environment.host}/dev/serving@${serving}`;
  }

  it('publishes nothing that clients would not accept', async () => {
    const run = await push(first, {
      given: passed(TESTS),
      variables: { REGISTRY: published.host, IMAGES: 'serving' },
      // Nobody answers so fast.
      environment: { ...machine(), ...builder(first), P99_MS: '0.001' },
    });
    expect(results(run, 'images', 'gate', 'publish', 'dev')).to.deep.equal([
      ...['images failure', 'gate failure', 'publish skipped', 'dev skipped'],
    ]);
    const failed = run.jobs['images']!.steps.filter(({ outcome }) => outcome === 'failure');
    expect(failed.map(({ name }) => name)).to.deep.equal(['Acceptance tests on the built image']);
    expect(failed[0]!.log).to.include('p99 in ms');
    expect(await published.repositories()).to.deep.equal([]);
  }).timeout(PUSH_TIMEOUT_MS);

  it('builds, scans and accepts images, publishes their bytes and deploys them by digest', async () => {
    const candidate = readSettings().cluster.imageRegistry;
    onNode = await RegistryOnNode.open(kubernetes, environment.port, `${candidate}/serving:candidate`);
    const run = await push(first);
    expect(run.result, failures(run)).to.equal('success');
    expect(results(run, 'images', 'gate', 'publish', 'dev', 'staging', 'production')).to.deep.equal([
      ...['images success', 'gate success', 'publish success', 'dev success'],
      ...['staging skipped', 'production skipped'],
    ]);
    digests.push(run.jobs['publish']!.outputs['digests']!);
    expect(await published.tags('bank/platform/serving')).to.deep.equal([first]);
    expect(await served()).to.deep.equal([imageOf(digests[0]!)]);
    expect(await champion()).to.include({ version: '1' });
  }).timeout(PUSH_TIMEOUT_MS);

  it('deploys the next push under the load of clients', async () => {
    const { host, url } = await gatewayAddress(kubernetes, 'serving');
    const { digest } = (await champion())!;
    const manifest = JSON.parse(await servedManifest(kubernetes, digest)) as Manifest;
    load = await ConstantLoad.start({
      url: `${url}/predict`,
      ...(host !== undefined && { headers: { host } }),
      bodies: goldenInstances(manifest).map((row) => JSON.stringify({ instances: [row] })),
      ...{ connections: 8, ratePerSecond: 30, timeoutMs: 30_000 },
    });
    const run = await push(second);
    expect(run.result, failures(run)).to.equal('success');
    digests.push(run.jobs['publish']!.outputs['digests']!);
    expect(await published.tags('bank/platform/serving')).to.have.members([first, second]);
    expect(digests[1]).not.to.equal(digests[0]);
    expect(await served()).to.deep.equal([imageOf(digests[1]!)]);
  }).timeout(PUSH_TIMEOUT_MS);

  it('does not put the first push over the second', async () => {
    const run = await push(first, {
      given: {
        ...passed([...TESTS, 'images']),
        publish: { result: 'success', outputs: { digests: digests[0]! } },
      },
    });
    expect(results(run, 'dev')).to.deep.equal(['dev failure']);
    expect(failures(run)).to.include(`${second} is deployed there, which comes after ${first}`);
    expect(await served()).to.deep.equal([imageOf(digests[1]!)]);
  }).timeout(WORKFLOW_TIMEOUT_MS);

  it('retrains in the Airflow of the environment', async () => {
    const { url } = await connections.service('airflow', 8080);
    const { username, password } = await kubernetes.secret('airflow-api');
    const parameters = {
      // Ten times the rows of the first champion, so that the gates can tell that it is better.
      dataset_uri: 'synthetic:?rows=60000&seed=8',
      ...{ candidates: ['gradient_boosting'], variants: [], auto_promote: false },
    };
    const { summary } = await dispatch(
      'retrain.yml',
      { parameters: JSON.stringify(parameters) },
      { variables: { AIRFLOW_URL: url, AIRFLOW_USERNAME: username! }, secrets: { AIRFLOW_PASSWORD: password!, AIRFLOW_TOKEN: '' } },
    ); // prettier-ignore
    expect(summary).to.include('register: version 2');
    expect(await champion()).to.include({ version: '1' });
  }).timeout(WORKFLOW_TIMEOUT_MS);

  it('takes the new version through shadow and canary to champion', async () => {
    tier = await WatchedTier.start(kubernetes, connections);
    const { summary } = await dispatch(
      'canary-release.yml',
      { environment: 'staging', version: '2', steps: '50,100', plan: join(folder, 'plan.yaml') },
      { variables: { PROMETHEUS_URL: tier.prometheusUrl } },
    );
    expect(summary).to.include('version 2: completed').and.include('| promote | baking |');
    expect(await champion()).to.include({ version: '2' });
  }).timeout(WORKFLOW_TIMEOUT_MS);

  it('takes model and code back', async () => {
    const reason = 'limits were granted that nobody should have';
    await dispatch('rollback.yml', { what: 'model and code', environment: 'staging', reason });
    expect(await champion()).to.include({ version: '1' });
    expect(await served()).to.deep.equal([imageOf(digests[0]!)]);
    const history = ['history', RELEASE, '--namespace', NAMESPACE, '--max', '1'];
    expect(await runCommand('helm', history)).to.include(`ana: ${reason}`);
  }).timeout(WORKFLOW_TIMEOUT_MS);

  it('has failed no request of a client from the first deployment on', async () => {
    const { requests, failed, failures: why, byVersion } = await load!.stop();
    process.stdout.write(`      | ${JSON.stringify({ requests, failed, byVersion })}\n`);
    expect(failed, JSON.stringify(why.slice(0, 5))).to.equal(0);
    expect(byVersion['1']).to.be.above(0);
    expect(byVersion['2']).to.be.above(0);
  }).timeout(MINUTE_MS);
});
