import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFailure, runCommand } from '../../local/cluster/child-command.js';
import { SERVING_ROOT } from '../support/training-environment.js';

export const TERRAFORM_ROOT = join(SERVING_ROOT, '../terraform');
const TERRAFORM_HOME = join(SERVING_ROOT, '../.tools/terraform');
const PLUGINS = join(TERRAFORM_HOME, 'plugins');

/**
 * Runs Terraform in a folder and returns what it printed. Where its provider comes from, the Makefile says.
 * @throws {CommandFailure} what it complained of
 */
export function terraform(
  folder: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  mkdirSync(PLUGINS, { recursive: true });
  return runCommand('terraform', [`-chdir=${folder}`, ...args], {
    timeoutMs: 120_000,
    env: {
      TF_IN_AUTOMATION: '1',
      CHECKPOINT_DISABLE: '1',
      TF_PLUGIN_CACHE_DIR: PLUGINS,
      TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE: '1',
      ...env,
    },
  });
}

/** What Terraform complains of, when it has to. */
export async function complaintOf(running: Promise<string>): Promise<string> {
  try {
    await running;
  } catch (error) {
    if (error instanceof CommandFailure) return error.stderr;
    throw error;
  }
  throw new Error('Terraform has nothing to complain of.');
}
