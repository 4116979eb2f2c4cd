import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { runCommand } from '../cluster/child-command.js';
import { Kubernetes } from '../cluster/kubernetes.js';
import { bold, print, say } from '../console.js';
import { messageOf, PlatformFailure } from '../failure.js';
import type { Platform } from '../platform.js';
import { terraformOutputs } from './deploy-inputs.js';
import { destroyPlan, releasesSchema, type InstalledRelease } from './destroy-plan.js';
import { environmentOf, terraformFolder, type Environment } from './environment.js';
import { planText } from './plan-text.js';
import { runSteps } from './run-steps.js';

/** Everything of a dev environment, data included; of no other one. */
export async function destroy({ settings }: Platform): Promise<void> {
  const { deploy: asked, cluster, projectDir, stateDir } = settings;
  const environment = environmentOf(asked.environment);
  requireLosable(environment);
  const outputs = await terraformOutputs(environment, projectDir, asked.outputsFile);
  const folder = path.join(stateDir, 'deploy', environment.name);
  const kubeconfig = path.join(folder, 'kubeconfig');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(kubeconfig, outputs.kubeconfig, { mode: 0o600 });
  process.env['KUBECONFIG'] = kubeconfig;

  const folderOfTerraform = path.relative(process.cwd(), terraformFolder(environment, projectDir)) || '.';
  const releases = await installedReleases(folderOfTerraform);
  const plan = destroyPlan({
    releases,
    namespace: cluster.namespace,
    terraformFolder: folderOfTerraform,
    timeoutMinutes: cluster.timeoutMinutes,
  });
  const resources = (await runCommand('terraform', [`-chdir=${folderOfTerraform}`, 'state', 'list'])).trim();
  print(`What goes with ${bold(environment.name)}, and does not come back:`);
  print(
    `  the cluster ${outputs.cluster.name}, all ${resources.split('\n').length} resources that Terraform keeps of it,`,
  );
  for (const { name, namespace, chart } of releases) print(`  release ${namespace}/${name} (${chart}),`);
  print('  all models, runs and predictions in it, and its disks.');
  print();
  if (asked.dryRun) {
    print(planText(plan, kubeconfig));
    return;
  }
  await requireConsent(environment, asked.confirm);
  await runSteps(plan, new Kubernetes(cluster.namespace), {
    explain: () => Promise.resolve(undefined),
    commandsOf: () => Promise.resolve(undefined),
  });
  say(`${bold(environment.name)} is gone; its state, and what terraform/bootstrap has made, stay`);
}

/** @throws {PlatformFailure} for environments with data that nothing else has */
function requireLosable({ name, values }: Environment): void {
  if (values === 'dev') return;
  throw new PlatformFailure(
    `${name} is not destroyed by a command: its database, buckets, secrets and keys exist once, and hold models that answer customers and the records of why.`,
    `terraform/environments/${name}/data-stays.tf guards them (prevent_destroy), and deletion_protection of the cloud does, too. ` +
      'A person who means it takes the guards away one by one, as that file tells, and applies; terraform/README.md has the way back.',
  );
}

async function installedReleases(folder: string): Promise<readonly InstalledRelease[]> {
  try {
    return releasesSchema.parse(JSON.parse(await runCommand('helm', ['list', '-A', '-o', 'json'])));
  } catch (error) {
    if (error instanceof PlatformFailure) throw error;
    throw new PlatformFailure(
      `The cluster does not say what is installed in it: ${messageOf(error)}`,
      `If it is gone already: terraform -chdir=${folder} destroy, and look for load balancers and disks that it has left in the folder of the cloud.`,
      { cause: error },
    );
  }
}

/** @throws {PlatformFailure} where the name of the environment is not what somebody answers */
async function requireConsent({ name }: Environment, given: string | undefined): Promise<void> {
  const answer = given ?? (await asked(name));
  if (answer.trim() === name) return;
  throw new PlatformFailure(
    `Nothing was destroyed: the answer was not ${name}.`,
    `Or say it beforehand: CONFIRM=${name}.`,
  );
}

async function asked(name: string): Promise<string> {
  if (!process.stdin.isTTY) return '';
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await terminal.question(`Type ${name} to destroy it: `);
  } finally {
    terminal.close();
  }
}
