import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { CommandFailure, runCommand } from '../cluster/child-command.js';
import { messageOf, PlatformFailure } from '../failure.js';
import type { Digests } from './deploy-values.js';
import { platformValuesFile, terraformFolder, type Environment } from './environment.js';
import { readTerraformOutputs, type TerraformOutputs } from './terraform-outputs.js';

/** As much as is read of helm/values of an environment. */
const valuesSchema = z.object({
  serving: z.object({ apiKeys: z.object({ existingSecret: z.string().default('') }).optional() }).optional(),
  pipeline: z.object({ DATASET_URI: z.string().optional() }).optional(),
});

export interface EnvironmentValues {
  /** Whether the tier asks for keys. */
  readonly asksForKeys: boolean;
  /** The name of the file with the data, where it is in a bucket. */
  readonly dataset: string | undefined;
}

const digestsSchema = z.record(
  z.string(),
  z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256:<64 digits>'),
);
const kubeconfigSchema = z.object({ 'current-context': z.string().min(1) });

/** Asks Terraform, or reads the file that has its answer. @throws {PlatformFailure} that says what to run */
export async function terraformOutputs(
  environment: Environment,
  projectDir: string,
  outputsFile: string | undefined,
): Promise<TerraformOutputs> {
  const folder = path.relative(process.cwd(), terraformFolder(environment, projectDir)) || '.';
  const apply = `terraform -chdir=${folder} init -backend-config=backend.hcl && terraform -chdir=${folder} apply`;
  const remedy = `Run: ${apply}.`;
  const outputs =
    outputsFile === undefined
      ? readTerraformOutputs(await printedOutputs(folder, remedy), folder, remedy)
      : readTerraformOutputs(
          contentOf(outputsFile, 'OUTPUTS'),
          outputsFile,
          `Make it again: terraform -chdir=${folder} output -json > ${outputsFile}. What is missing there, an apply adds: ${apply}.`,
        );
  if (outputs.environment !== environment.values) {
    throw new PlatformFailure(
      `These outputs are those of ${outputs.environment}, and ENV=${environment.name} was asked for.`,
      'Correct ENV or OUTPUTS.',
    );
  }
  return outputs;
}

async function printedOutputs(folder: string, remedy: string): Promise<string> {
  try {
    return await runCommand('terraform', [`-chdir=${folder}`, 'output', '-json'], { timeoutMs: 120_000 });
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    throw new PlatformFailure(`Terraform does not say what there is: ${error.stderr.trim()}`, remedy, {
      cause: error,
    });
  }
}

export function environmentValues(environment: Environment, projectDir: string): EnvironmentValues {
  const text = readFileSync(platformValuesFile(environment, projectDir), 'utf8');
  const { serving, pipeline } = valuesSchema.parse(parse(text));
  const uri = pipeline?.DATASET_URI ?? '';
  return {
    asksForKeys: (serving?.apiKeys?.existingSecret ?? '') !== '',
    dataset: uri.startsWith('s3://') ? path.posix.basename(uri) : undefined,
  };
}

/** Of images by name; none where no file is given. */
export function digestsIn(file: string | undefined): Digests {
  if (file === undefined) return {};
  try {
    return digestsSchema.parse(JSON.parse(contentOf(file, 'DIGESTS')));
  } catch (error) {
    if (error instanceof PlatformFailure) throw error;
    throw new PlatformFailure(
      `DIGESTS: ${file} is no JSON of names and digests: ${error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error)}.`,
      '`make push-images` and helm/images/publish.sh write it.',
      { cause: error },
    );
  }
}

export function contextIn(kubeconfig: string): string {
  return kubeconfigSchema.parse(parse(kubeconfig))['current-context'];
}

function contentOf(file: string, variable: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new PlatformFailure(`${variable}: ${file} can't be read.`, `Correct ${variable}.`, {
      cause: error,
    });
  }
}
