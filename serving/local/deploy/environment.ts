import path from 'node:path';
import { PlatformFailure } from '../failure.js';
import type { TerraformOutputs } from './terraform-outputs.js';

/** An environment by its names: those of terraform/environments and of helm/values differ in one. */
export interface Environment {
  /** As it is asked for, and as its folder in terraform/environments is called. */
  readonly name: 'dev' | 'staging' | 'prod';
  /** Of its folder in helm/values. */
  readonly values: TerraformOutputs['environment'];
}

const ENVIRONMENTS: readonly Environment[] = [
  { name: 'dev', values: 'dev' },
  { name: 'staging', values: 'staging' },
  { name: 'prod', values: 'production' },
];

/** @throws {PlatformFailure} where there is none of that name */
export function environmentOf(name: string): Environment {
  const found = ENVIRONMENTS.find((environment) => environment.name === name || environment.values === name);
  if (found !== undefined) return found;
  const asked = name === '' ? 'Which environment?' : `There is no environment ${name}.`;
  throw new PlatformFailure(asked, `ENV=${ENVIRONMENTS.map((environment) => environment.name).join('|')}.`);
}

/** What the repository says of the platform there. */
export function platformValuesFile({ values }: Environment, projectDir: string): string {
  return path.join(projectDir, 'helm', 'values', values, 'platform.yaml');
}

/**
 * The platform's chart, and the files of values that it is installed with there, of which later ones win.
 *
 * @param made a file of what Terraform printed
 */
export function platformChart(
  environment: Environment,
  projectDir: string,
  made: string,
): { readonly chart: string; readonly values: readonly string[] } {
  return {
    chart: path.join(projectDir, 'helm', 'platform'),
    values: [platformValuesFile(environment, projectDir), made],
  };
}

/** Where Terraform is asked for it. */
export function terraformFolder({ name }: Environment, projectDir: string): string {
  return path.join(projectDir, 'terraform', 'environments', name);
}
