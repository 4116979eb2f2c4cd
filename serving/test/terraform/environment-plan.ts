import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { CommandFailure } from '../../local/cluster/child-command.js';
import { TERRAFORM_ROOT, terraform } from './terraform-command.js';

/** Folders below terraform/environments, and what each calls itself. */
export const ENVIRONMENTS = { dev: 'dev', staging: 'staging', prod: 'production' } as const;
export type EnvironmentFolder = keyof typeof ENVIRONMENTS;

const PLAN = '"type":"test_plan"';

const planSchema = z.object({
  output_changes: z.record(z.string(), z.object({ after: z.unknown() })),
  resource_changes: z.array(
    z.object({
      address: z.string(),
      mode: z.string(),
      type: z.string(),
      change: z.object({ after: z.record(z.string(), z.unknown()).nullable() }),
    }),
  ),
});
const messageSchema = z.looseObject({ type: z.string(), test_plan: planSchema.optional() });

export interface PlannedResource {
  /** Below the module platform. */
  readonly address: string;
  readonly type: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** What would be made of an environment as it is in the repository, with nothing chosen but what has to be. */
export interface EnvironmentPlan {
  readonly resources: readonly PlannedResource[];
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** Against a mock of the cloud: the plan of the first run in the environment's own tests. */
export async function environmentPlan(folder: EnvironmentFolder): Promise<EnvironmentPlan> {
  const root = join(TERRAFORM_ROOT, 'environments', folder);
  const data = await mkdtemp(join(tmpdir(), 'terraform-plan-'));
  try {
    const env = { TF_DATA_DIR: data };
    await terraform(root, ['init', '-backend=false', '-input=false'], env);
    return firstPlan(await testsOf(root, env));
  } finally {
    await rm(data, { recursive: true });
  }
}

/** Whether those tests pass is told elsewhere: a plan is printed all the same. */
async function testsOf(root: string, env: Record<string, string>): Promise<string> {
  try {
    return await terraform(root, ['test', '-json', '-verbose', '-filter=tests/environment.tftest.hcl'], env);
  } catch (error) {
    if (error instanceof CommandFailure && error.stdout.includes(PLAN)) return error.stdout;
    throw error;
  }
}

function firstPlan(printed: string): EnvironmentPlan {
  for (const line of printed.split('\n')) {
    // Only these are worth their parsing: each holds the provider's schema, too.
    if (!line.includes(PLAN)) continue;
    const plan = messageSchema.parse(JSON.parse(line)).test_plan;
    if (plan === undefined) continue;
    return {
      resources: plan.resource_changes
        .filter(({ mode }) => mode === 'managed')
        .map(({ address, type, change }) => ({
          address: address.replace(/^module\.platform\./, ''),
          type,
          values: change.after ?? {},
        })),
      outputs: Object.fromEntries(
        Object.entries(plan.output_changes).map(([name, { after }]) => [name, after]),
      ),
    };
  }
  throw new Error('The tests of this environment have printed no plan.');
}
