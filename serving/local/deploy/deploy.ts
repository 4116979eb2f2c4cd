import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { gatewayAddress } from '../cluster/gateway-address.js';
import { Helm } from '../cluster/helm.js';
import { Kubernetes } from '../cluster/kubernetes.js';
import { bold, print, say } from '../console.js';
import { messageOf, PlatformFailure } from '../failure.js';
import type { Platform } from '../platform.js';
import type { Settings } from '../settings.js';
import { clusterFacts, type ClusterFacts } from './cluster-facts.js';
import { contextIn, digestsIn, environmentValues, terraformOutputs } from './deploy-inputs.js';
import { deployPlan, type DeployFiles, type Deployment } from './deploy-plan.js';
import type { Command, Step } from './deploy-step.js';
import { deploySummary } from './deploy-summary.js';
import { airflowValues, platformValues, type Values } from './deploy-values.js';
import { dryRun } from './dry-run.js';
import { environmentOf, type Environment } from './environment.js';
import { registryTool } from './registry-tool.js';
import { runSteps } from './run-steps.js';

/** What `make image` and `make cluster-up` call what was just built. */
const DEV_TAG = 'dev';

/** Who only looks need not have one. */
const ANY_KEY_FILE = '<file with a key>';

/** From the outputs of Terraform to a tier that its clients accept. */
export async function deploy({ settings }: Platform): Promise<void> {
  const environment = environmentOf(settings.deploy.environment);
  const { namespace, release } = settings.cluster;
  const prepared = await prepare(settings, environment);
  if (settings.deploy.dryRun) {
    await dryRun(prepared, process.env['KUBECONFIG']);
    return;
  }
  // kubectl, helm and what they start ask this cluster, whichever was meant before.
  process.env['KUBECONFIG'] = prepared.files.kubeconfig;
  const kubernetes = new Kubernetes(namespace);
  const helm = new Helm(namespace);
  const facts = await factsOf(prepared, kubernetes, helm);
  const deployment: Deployment = {
    ...prepared,
    facts,
    registryTool: registryTool(process.env['PATH'] ?? ''),
  };
  await runSteps(deployPlan(deployment), kubernetes, {
    explain: (step) => rolledBack(step, helm, release, namespace),
    commandsOf: (step) => throughGateway(step, kubernetes),
  });
  say(bold(`${environment.name} serves ${deployment.tag}`));
  print();
  for (const [what, where] of deploySummary(
    environment,
    deployment.outputs,
    namespace,
    prepared.files.kubeconfig,
  )) {
    print(`  ${bold(what.padEnd(24))} ${where}`);
  }
}

export type PreparedDeployment = Omit<Deployment, 'facts' | 'registryTool'>;

/** All that can be said without the cluster, and the files that the commands name. */
async function prepare(settings: Settings, environment: Environment): Promise<PreparedDeployment> {
  const { projectDir, deploy: asked, cluster } = settings;
  const known = environmentValues(environment, projectDir);
  const tag = asked.tag ?? (environment.values === 'dev' ? DEV_TAG : undefined);
  if (tag === undefined) {
    throw new PlatformFailure(
      'Which release?',
      'IMAGE_TAG=1.4.0: the tag that `make push-images` or CI has pushed.',
    );
  }
  const apiKeyFile = asked.apiKeyFile ?? (known.asksForKeys && asked.dryRun ? ANY_KEY_FILE : undefined);
  if (known.asksForKeys && apiKeyFile === undefined) {
    throw new PlatformFailure(
      `The tier of ${environment.name} asks for keys, and is accepted with one.`,
      'API_KEY_FILE=<file with a key>; `node serving/dist/src/cli/main.js api-key new --name acceptance` prints one, and its entry for serving-api-keys.',
    );
  }
  const outputs = await terraformOutputs(environment, projectDir, asked.outputsFile);
  const shipped = { tag, digests: digestsIn(asked.digestsFile) };
  const folder = path.join(settings.stateDir, 'deploy', environment.name);
  const files: DeployFiles = {
    kubeconfig: path.join(folder, 'kubeconfig'),
    namespace: path.join(folder, 'namespace.yaml'),
    platformValues: path.join(folder, 'platform.yaml'),
    airflowValues: path.join(folder, 'airflow.yaml'),
    lockboxKey: path.join(folder, 'authorized-key.json'),
  };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const write = (file: string, content: string): void => {
    writeFileSync(file, content, { mode: 0o600 });
  };
  const yaml = (values: Values): string =>
    `# Made by make deploy, of what Terraform printed.\n${stringify(values)}`;
  write(files.kubeconfig, outputs.kubeconfig);
  write(
    files.namespace,
    yaml({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: cluster.namespace } }),
  );
  write(files.platformValues, yaml(platformValues(outputs, shipped, known.dataset)));
  write(files.airflowValues, yaml(airflowValues(outputs, shipped)));
  return {
    environment,
    outputs,
    files,
    projectDir,
    tag,
    namespace: cluster.namespace,
    release: cluster.release,
    context: contextIn(outputs.kubeconfig),
    timeoutMinutes: cluster.timeoutMinutes,
    apiKeyFile,
  };
}

async function factsOf(
  { outputs, files, release, namespace }: PreparedDeployment,
  kubernetes: Kubernetes,
  helm: Helm,
): Promise<ClusterFacts> {
  say(`asking the cluster ${bold(outputs.cluster.name)} what is there`);
  const facts = await clusterFacts(kubernetes, helm, release).catch((error: unknown) => {
    if (error instanceof PlatformFailure) throw error;
    throw new PlatformFailure(
      `The cluster does not answer: ${messageOf(error)}`,
      `The kubeconfig ${files.kubeconfig} asks \`yc\` for a token: \`yc init\` logs in. ${outputs.cluster.endpoint} must be reachable from here.`,
      { cause: error },
    );
  });
  if (facts.status?.startsWith('pending') === true) {
    throw new PlatformFailure(
      `Somebody is deploying, or was interrupted: Helm says ${facts.status} of ${release}.`,
      `If nobody is: KUBECONFIG=${files.kubeconfig} helm -n ${namespace} rollback ${release}, then the same again.`,
    );
  }
  return facts;
}

/** What became of a release that did not become ready. */
async function rolledBack(
  step: Step,
  helm: Helm,
  release: string,
  namespace: string,
): Promise<string | undefined> {
  const isUpgrade = step.commands.some(
    ({ file, args }) => file === 'helm' && args.includes(release) && args.includes('--wait'),
  );
  if (!isUpgrade) return undefined;
  const now = await helm.find(release);
  if (now === undefined) return undefined;
  const tried = `What was tried: helm -n ${namespace} history ${release}.`;
  return now.status === 'deployed'
    ? `Helm went back: what was there before serves on, as revision ${now.revision}. ${tried}`
    : `Helm has not come back to what was there before: it says ${now.status} of revision ${now.revision}. ${tried}`;
}

/** Where nothing is public, the tier is accepted by its Gateway, at whatever address this machine reaches it. */
async function throughGateway(
  { throughGateway: isMeant = false, commands }: Step,
  kubernetes: Kubernetes,
): Promise<{ readonly commands: readonly Command[]; close(): void } | undefined> {
  if (!isMeant) return undefined;
  const gateway = await gatewayAddress(kubernetes, 'serving');
  const { url, host } = gateway;
  return {
    commands: commands.map((command) => ({
      ...command,
      args: [
        ...command.args.filter((argument) => !argument.startsWith('TARGET=')),
        `TARGET=${url}`,
        ...(host === undefined ? [] : [`TARGET_HOST=${host}`]),
      ],
    })),
    close: () => {
      gateway.close();
    },
  };
}
