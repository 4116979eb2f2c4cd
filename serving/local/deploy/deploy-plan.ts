import path from 'node:path';
import { upgradeInstallArguments, upgradeMinutes } from '../cluster/helm.js';
import type { ClusterFacts } from './cluster-facts.js';
import type { Command, Step } from './deploy-step.js';
import { platformChart, type Environment } from './environment.js';
import { lockboxLookUps } from './lockbox-secrets.js';
import { imageLookUp, isOnNodes, registryLogin, type RegistryTool } from './registry-tool.js';
import type { TerraformOutputs } from './terraform-outputs.js';

/** Files that are written before anything is done, and that the commands name. */
export interface DeployFiles {
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly platformValues: string;
  readonly airflowValues: string;
  /** Where the key of the one secret lies that is not in Lockbox, for as long as it takes to hand it over. */
  readonly lockboxKey: string;
}

export interface Deployment {
  readonly environment: Environment;
  readonly outputs: TerraformOutputs;
  readonly facts: ClusterFacts;
  readonly files: DeployFiles;
  readonly projectDir: string;
  readonly namespace: string;
  readonly release: string;
  /** Of the kubeconfig. */
  readonly context: string;
  readonly tag: string;
  readonly timeoutMinutes: number;
  readonly registryTool: RegistryTool;
  /** With which the tier is accepted; undefined: it asks for none. */
  readonly apiKeyFile: string | undefined;
}

/** Of an environment with managed services, before the platform, which has objects of their kinds, and after it. */
const OPERATORS = ['gateway-helm', 'external-secrets', 'kube-prometheus-stack'];
const LOGS = 'opentelemetry-collector';
const DAG = 'credit_scoring_retraining';
/** Nodes that scale from zero, a training, and whoever has to approve of it. */
const FIRST_MODEL_MINUTES = 120;
/** Names and certificates of a new edge take a while to be known. */
const EDGE_READY_SECONDS = 300;

/** Our images, as far as an environment runs them. */
export function imagesOf({ values }: Environment): readonly string[] {
  return values === 'dev'
    ? ['serving', 'mlflow', 'training', 'postgres', 's3']
    : ['serving', 'mlflow', 'training', 'airflow'];
}

/** What is done, in this order; doing it again from the beginning is harmless at any point. */
export function deployPlan(deployment: Deployment): readonly Step[] {
  const { environment } = deployment;
  const first = !deployment.facts.serves;
  return [
    ...registrySteps(deployment),
    ...clusterSteps(deployment),
    ...(environment.values === 'dev' ? devSteps(deployment) : managedSteps(deployment)),
    platformStep(deployment, first),
    ...(environment.values === 'dev' ? [] : airflowSteps(deployment)),
    ...(first ? firstModelSteps(deployment) : []),
    acceptanceStep(deployment),
  ];
}

function registrySteps({ outputs, environment, registryTool, tag }: Deployment): readonly Step[] {
  const { image_registry: registry } = outputs.registry;
  if (isOnNodes(registry)) return [];
  return [
    {
      what: `logging in to ${registry.split('/')[0]!}`,
      commands: [registryLogin(registryTool, registry)],
      remedy: '`yc init` logs in to the cloud; you need container-registry.images.puller.',
    },
    {
      what: `looking for the images of ${tag}`,
      commands: imagesOf(environment).map((image) =>
        imageLookUp(registryTool, `${registry}/${image}:${tag}`),
      ),
      remedy: `Build and push them: \`make images push-images IMAGE_REGISTRY=${registry} IMAGE_TAG=${tag}\`, or give another IMAGE_TAG.`,
    },
  ];
}

function clusterSteps({ outputs, files, namespace }: Deployment): readonly Step[] {
  return [
    {
      what: `asking the cluster ${outputs.cluster.name}`,
      commands: [kubectl(['get', '--raw', '/readyz'])],
      remedy: `The kubeconfig ${files.kubeconfig} asks \`yc\` for a token: \`yc init\` logs in. ${outputs.cluster.endpoint} must be reachable from here.`,
    },
    {
      what: `making the namespace ${namespace}`,
      commands: [kubectl(['apply', '--server-side', '-f', files.namespace])],
      remedy: 'You need the right to make namespaces: k8s.cluster-api.cluster-admin.',
    },
  ];
}

/** A dev cluster has nothing from elsewhere but what implements Gateways. */
function devSteps({ facts, projectDir }: Deployment): readonly Step[] {
  if (facts.hasGateway) return [];
  // Its values are the same everywhere.
  return [upstreamCharts(projectDir), upstreamStep(projectDir, 'staging', ['gateway-helm'])];
}

function managedSteps(deployment: Deployment): readonly Step[] {
  const { environment, projectDir } = deployment;
  return [
    ...lockboxSteps(deployment),
    upstreamCharts(projectDir),
    upstreamStep(projectDir, environment.values, OPERATORS),
  ];
}

function lockboxSteps({ outputs, facts, files, namespace }: Deployment): readonly Step[] {
  const { secrets } = outputs;
  // Whoever sets an environment up has looked. Releases come from CI, whose account asks Lockbox for nothing.
  if (secrets === null || facts.hasLockboxReader) return [];
  const filled: Step = {
    what: 'looking whether the secrets that people fill are filled',
    commands: lockboxLookUps(secrets),
    remedy: 'terraform/README.md says what each of them is.',
  };
  const key: Step = {
    what: 'giving the cluster the key with which it reads Lockbox',
    commands: [
      {
        file: 'yc',
        args: [
          'iam',
          'key',
          'create',
          '--service-account-id',
          secrets.reader_service_account_id,
          '--output',
          files.lockboxKey,
        ],
      },
      kubectl([
        '-n',
        namespace,
        'create',
        'secret',
        'generic',
        'lockbox-reader',
        `--from-file=authorized-key.json=${files.lockboxKey}`,
      ]),
    ],
    secretFiles: [files.lockboxKey],
    remedy: `You need iam.serviceAccounts.keyAdmin on ${secrets.reader_service_account_id}.`,
  };
  return [filled, key];
}

function upstreamCharts(projectDir: string): Step {
  return {
    what: 'fetching the charts of others',
    commands: [{ file: path.join(projectDir, 'helm', 'upstream', 'fetch.sh'), args: [], timeoutMinutes: 10 }],
    remedy: 'helm/upstream/Chart.yaml names their repositories.',
  };
}

function upstreamStep(
  projectDir: string,
  environment: string,
  charts: readonly string[],
  options: readonly string[] = [],
): Step {
  return {
    what: `installing ${charts.join(', ')}`,
    commands: [
      {
        file: path.join(projectDir, 'helm', 'upstream', 'install.sh'),
        args: [environment, ...charts, ...(options.length === 0 ? [] : ['--', ...options])],
        // Each has a quarter of an hour, and going back once more.
        timeoutMinutes: 35 * charts.length,
      },
    ],
    remedy:
      'helm/README.md tells what these charts need beforehand, such as the Secrets of the namespaces monitoring and logging.',
  };
}

function platformStep(
  { environment, facts, files, projectDir, namespace, release, timeoutMinutes }: Deployment,
  first: boolean,
): Step {
  const { chart, values } = platformChart(environment, projectDir, files.platformValues);
  const installation = {
    release,
    chart,
    values,
    timeoutMinutes,
    // The tier is ready when it has a model, and the pipeline that trains the first one comes after this.
    wait: !first,
    ...(first ? {} : { rollBack: facts.rollBack }),
  };
  return {
    what: first ? 'installing the platform' : 'upgrading the platform',
    commands: [
      { file: 'helm', args: ['dependency', 'build', chart, '--skip-refresh'] },
      {
        file: 'helm',
        args: ['-n', namespace, ...upgradeInstallArguments(installation)],
        timeoutMinutes: upgradeMinutes(installation) + 1,
      },
    ],
    isRollout: !first,
    remedy: `What the pods say: kubectl -n ${namespace} get pods, describe, logs.`,
  };
}

function airflowSteps({ environment, facts, files, projectDir }: Deployment): readonly Step[] {
  return [
    upstreamStep(
      projectDir,
      environment.values,
      ['airflow'],
      ['-f', files.airflowValues, ...(facts.serves ? [facts.rollBack] : [])],
    ),
    upstreamStep(projectDir, environment.values, [LOGS]),
  ];
}

/** From then on a release that does not become ready is taken back; until then nothing is ready, and nothing to go back to. */
function firstModelSteps({
  environment,
  context,
  files,
  namespace,
  projectDir,
  release,
}: Deployment): readonly Step[] {
  const ready: Step = {
    what: 'waiting for the first model to answer',
    commands: [
      {
        ...kubectl([
          '-n',
          namespace,
          'wait',
          'deployment',
          '-l',
          'app.kubernetes.io/name=serving',
          '--for=condition=Available',
          `--timeout=${FIRST_MODEL_MINUTES}m`,
        ]),
        timeoutMinutes: FIRST_MODEL_MINUTES + 1,
      },
    ],
    isRollout: true,
    remedy: `Look at the run of ${DAG} in Airflow: it has to end with a champion, and where a person approves of it, to be approved of. A data set must be there.`,
  };
  if (environment.values === 'dev') {
    const train: Command = {
      file: process.execPath,
      args: [path.join(projectDir, 'serving', 'dist', 'local', 'main.js'), 'cluster-first-model'],
      env: { KUBECONFIG: files.kubeconfig, CLUSTER_NAMESPACE: namespace, CLUSTER_CONFIRM: context },
      isShown: true,
      timeoutMinutes: FIRST_MODEL_MINUTES,
    };
    const what = 'training the first model, with the code of this checkout';
    return [
      {
        what,
        commands: [train],
        remedy: `\`helm -n ${namespace} status ${release}\` and the news above tell what is not ready.`,
      },
      ready,
    ];
  }
  const airflow = (...args: readonly string[]): Command =>
    kubectl([
      '-n',
      namespace,
      'exec',
      'deployment/airflow-scheduler',
      '-c',
      'scheduler',
      '--',
      'airflow',
      'dags',
      ...args,
    ]);
  const trigger: Step = {
    what: `asking Airflow for the first model (${DAG})`,
    commands: [airflow('unpause', DAG), airflow('trigger', DAG)],
    remedy:
      'Airflow knows the DAG when it has read the repository that helm/values/airflow names: the same again, in a minute.',
  };
  return [trigger, ready];
}

function acceptanceStep({ outputs, projectDir, apiKeyFile }: Deployment): Step {
  const { edge } = outputs;
  const key = apiKeyFile === undefined ? [] : [`API_KEY_FILE=${apiKeyFile}`];
  const make = (target: string, more: readonly string[] = []): Command => ({
    file: 'make',
    args: ['-C', projectDir, 'acceptance', `TARGET=${target}`, ...key, ...more],
    timeoutMinutes: 15,
    isShown: true,
  });
  return {
    what: `accepting the tier by its ${edge === null ? 'Gateway' : 'public address'}`,
    commands: [
      edge === null
        ? make('http://127.0.0.1:8080')
        : make(edge.url, [`READY_WITHIN_SECONDS=${EDGE_READY_SECONDS}`]),
    ],
    throughGateway: edge === null,
    remedy:
      edge === null
        ? 'The failures are above, and in .reports/acceptance.xml.'
        : `The failures are above, and in .reports/acceptance.xml. ${edge.host} must lead to ${edge.address}, with a certificate that has been issued: both take a while the first time.`,
  };
}

function kubectl(args: readonly string[]): Command {
  return { file: 'kubectl', args };
}
