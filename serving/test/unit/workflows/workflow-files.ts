import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { SERVING_ROOT } from '../../support/training-environment.js';

export const PROJECT_ROOT = join(SERVING_ROOT, '..');

const text = z.string();
const permissionsSchema = z.record(text, z.enum(['read', 'write', 'none']));

const stepSchema = z.looseObject({
  uses: text.optional(),
  run: text.optional(),
  with: z.record(text, z.union([text, z.boolean(), z.number()])).optional(),
  env: z.record(text, z.union([text, z.number(), z.boolean()])).optional(),
});

const jobSchema = z.looseObject({
  if: text.optional(),
  needs: z
    .union([text, z.array(text)])
    .default([])
    .transform((needs) => [needs].flat()),
  permissions: permissionsSchema.optional(),
  'timeout-minutes': z.number().optional(),
  environment: z.looseObject({ name: text }).optional(),
  steps: z.array(stepSchema),
});

const workflowSchema = z.looseObject({
  on: z.record(text, z.unknown()),
  permissions: permissionsSchema.optional(),
  defaults: z.looseObject({ run: z.looseObject({ shell: text }) }).optional(),
  concurrency: z.looseObject({ group: text }).optional(),
  jobs: z.record(text, jobSchema),
});

const actionSchema = z.looseObject({ runs: z.looseObject({ using: text, steps: z.array(stepSchema) }) });

export type Step = z.infer<typeof stepSchema>;
export type Job = z.infer<typeof jobSchema>;
export type Workflow = z.infer<typeof workflowSchema>;

interface ReadFile {
  /** From the root of the project. */
  readonly path: string;
  readonly text: string;
}

function filesIn(folder: string, wanted: (name: string) => boolean): ReadFile[] {
  return readdirSync(join(PROJECT_ROOT, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && wanted(entry.name))
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return { path: relative(PROJECT_ROOT, path), text: readFileSync(path, 'utf8') };
    });
}

/** All workflows of the repository. */
export const workflows = filesIn('.github/workflows', (name) => /\.ya?ml$/.test(name)).map((file) => ({
  ...file,
  workflow: workflowSchema.parse(parse(file.text)),
}));

/** All composite actions of the repository. */
export const actions = filesIn('.github/actions', (name) => /^action\.ya?ml$/.test(name)).map((file) => ({
  ...file,
  steps: actionSchema.parse(parse(file.text)).runs.steps,
}));

export const jobs = workflows.flatMap(({ path, workflow }) =>
  Object.entries(workflow.jobs).map(([name, job]) => ({ at: `${path}: ${name}`, path, name, workflow, job })),
);

/** Of workflows and of actions. */
export const steps: readonly { readonly at: string; readonly step: Step }[] = [
  ...jobs.flatMap(({ at, job }) => job.steps.map((step) => ({ at, step }))),
  ...actions.flatMap(({ path, steps: own }) => own.map((step) => ({ at: path, step }))),
];

/** @throws where there is none */
export function workflowNamed(file: string): Workflow {
  const found = workflows.find(({ path }) => path === `.github/workflows/${file}`);
  if (found === undefined) throw new Error(`There is no workflow ${file}`);
  return found.workflow;
}
