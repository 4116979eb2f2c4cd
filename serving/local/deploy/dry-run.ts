import { existsSync } from 'node:fs';
import path from 'node:path';
import { CommandFailure, runCommand } from '../cluster/child-command.js';
import { Helm, upgradeInstallArguments } from '../cluster/helm.js';
import { Kubernetes } from '../cluster/kubernetes.js';
import { imagesIn } from '../cluster/platform-images.js';
import { dim, print, say } from '../console.js';
import { PlatformFailure } from '../failure.js';
import { clusterFacts, emptyCluster, type ClusterFacts } from './cluster-facts.js';
import type { PreparedDeployment } from './deploy.js';
import { deployPlan } from './deploy-plan.js';
import { platformChart } from './environment.js';
import { planText } from './plan-text.js';
import { REGISTRY_TOOLS, registryTool, type RegistryTool } from './registry-tool.js';

/** Kinds of objects that operators bring, which a cluster has not got before they are installed. */
const UNKNOWN_KINDS = /no matches for kind "(\w+)"/g;

/**
 * Shows what would be done, and does as much of it as changes nothing: the charts are rendered and held against the
 * schemas of Kubernetes, and against a cluster where KUBECONFIG means one that answers.
 */
export async function dryRun(prepared: PreparedDeployment, kubeconfig: string | undefined): Promise<void> {
  const { namespace, release, projectDir, environment, files, timeoutMinutes } = prepared;
  const helm = new Helm(namespace);
  const kubernetes = new Kubernetes(namespace);
  const facts = await factsOr(kubeconfig, kubernetes, helm, release);
  const deployment = { ...prepared, facts: facts ?? (await emptyCluster()), registryTool: anyTool() };
  print(planText(deployPlan(deployment), files.kubeconfig));
  print();

  const { chart, values } = platformChart(environment, projectDir, files.platformValues);
  await helm.buildDependencies(chart);
  const manifests = await helm.template({ release, chart, values });
  say(
    `the platform's chart takes these values: ${manifests.split(/^---$/m).length - 1} objects, ${imagesIn(manifests).length} images`,
  );
  await conform(projectDir, manifests);
  if (facts === undefined) {
    say(dim('no cluster was asked: KUBECONFIG means none that answers'));
    return;
  }
  const args = upgradeInstallArguments({ release, chart, values, timeoutMinutes, wait: false });
  try {
    await runCommand('helm', ['-n', namespace, ...args, '--dry-run=server', '--hide-secret'], {
      timeoutMs: 120_000,
    });
    say(`the cluster of ${kubeconfig} would take it`);
  } catch (error) {
    const unknown = error instanceof CommandFailure ? unknownKinds(error.stderr) : [];
    if (unknown.length === 0) throw refused(error);
    say(`the cluster of ${kubeconfig} knows no ${unknown.join(', ')} yet: the operators above bring them`);
  }
}

/** Those that an error of Helm names, each once. */
export function unknownKinds(stderr: string): readonly string[] {
  return [...new Set([...stderr.matchAll(UNKNOWN_KINDS)].map(([, kind]) => kind!))];
}

function refused(error: unknown): unknown {
  if (!(error instanceof CommandFailure)) return error;
  return new PlatformFailure(
    `The cluster would not take it: ${error.stderr.trim()}`,
    'Correct helm/values, or the outputs of Terraform.',
    { cause: error },
  );
}

/** undefined: there is no cluster to ask. */
async function factsOr(
  kubeconfig: string | undefined,
  kubernetes: Kubernetes,
  helm: Helm,
  release: string,
): Promise<ClusterFacts | undefined> {
  if (kubeconfig === undefined || kubeconfig === '') return undefined;
  const answers = await kubernetes.kubectl(['get', '--raw', '/readyz', '--request-timeout=5s']).then(
    () => true,
    () => false,
  );
  return answers ? clusterFacts(kubernetes, helm, release) : undefined;
}

/** Against the schemas of `make helm-test`, where that has been run. */
async function conform(projectDir: string, manifests: string): Promise<void> {
  const tools = path.join(projectDir, '.tools', 'helm');
  const program = path.join(tools, 'bin', 'kubeconform');
  if (!existsSync(program) || !existsSync(path.join(tools, 'schemas'))) {
    say(dim('not held against the schemas of Kubernetes: `make helm-test` installs them'));
    return;
  }
  const schemas = path.join(
    tools,
    'schemas',
    '{{ .Group }}',
    '{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json',
  );
  const args = ['-strict', '-summary', '-schema-location', schemas, '-'];
  await runCommand(program, args, { input: manifests }).catch((error: unknown) => {
    if (!(error instanceof CommandFailure)) throw error;
    throw new PlatformFailure(
      `Objects that Kubernetes would not take: ${error.stdout.trim()}`,
      'Correct helm/values.',
    );
  });
  say('all objects keep the schemas of Kubernetes and of the operators');
}

/** Where nothing is executed, one that is not there will do. */
function anyTool(): RegistryTool {
  try {
    return registryTool(process.env['PATH'] ?? '');
  } catch {
    return REGISTRY_TOOLS[0];
  }
}
