import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const environment = z.record(z.string(), scalar).default({});
const condition = z.union([z.string(), z.boolean()]).optional();
const minutes = z.union([z.number(), z.string()]).optional();

/** Strict: a key that this runner would pass over in silence is one that it must learn. */
const stepSchema = z.strictObject({
  id: z.string().optional(),
  name: z.string().optional(),
  if: condition,
  uses: z.string().optional(),
  run: z.string().optional(),
  shell: z.string().optional(),
  with: z.record(z.string(), scalar).default({}),
  env: environment,
  'working-directory': z.string().optional(),
  'continue-on-error': z.union([z.boolean(), z.string()]).default(false),
  'timeout-minutes': minutes,
});

const defaultsSchema = z
  .strictObject({ run: z.strictObject({ shell: z.string(), 'working-directory': z.string() }).partial() })
  .optional();
const concurrencySchema = z.union([
  z.string().transform((group) => ({ group, 'cancel-in-progress': false as boolean | string })),
  z.strictObject({
    group: z.string(),
    'cancel-in-progress': z.union([z.boolean(), z.string()]).default(false),
  }),
]);
const permissionsSchema = z.union([z.string(), z.record(z.string(), z.string())]);
const needs = z
  .union([z.string(), z.array(z.string())])
  .default([])
  .transform((value) => (typeof value === 'string' ? [value] : value));

const jobSchema = z.strictObject({
  name: z.string().optional(),
  if: condition,
  needs,
  'runs-on': z.union([z.string(), z.array(z.string())]).optional(),
  environment: z
    .union([z.string(), z.strictObject({ name: z.string(), url: z.string().optional() })])
    .optional(),
  permissions: permissionsSchema.optional(),
  concurrency: concurrencySchema.optional(),
  env: environment,
  defaults: defaultsSchema,
  outputs: z.record(z.string(), z.string()).default({}),
  strategy: z
    .strictObject({
      'fail-fast': z.boolean().optional(),
      'max-parallel': z.number().optional(),
      matrix: z.record(z.string(), z.unknown()),
    })
    .optional(),
  'timeout-minutes': minutes,
  'continue-on-error': z.union([z.boolean(), z.string()]).optional(),
  steps: z.array(stepSchema).optional(),
  uses: z.string().optional(),
  with: z.record(z.string(), scalar).default({}),
  secrets: z.union([z.literal('inherit'), z.record(z.string(), scalar)]).optional(),
});

const inputSchema = z.strictObject({
  description: z.string().optional(),
  required: z.boolean().default(false),
  default: scalar.optional(),
  type: z.string().optional(),
  options: z.array(z.string()).optional(),
});
export type InputDefinition = z.infer<typeof inputSchema>;
const inputsSchema = z.record(z.string(), inputSchema).default({});

const workflowSchema = z.strictObject({
  name: z.string(),
  'run-name': z.string().optional(),
  on: z.record(z.string(), z.unknown()),
  permissions: permissionsSchema.optional(),
  env: environment,
  defaults: defaultsSchema,
  concurrency: concurrencySchema.optional(),
  jobs: z.record(z.string(), jobSchema),
});

const actionSchema = z.object({
  name: z.string(),
  inputs: inputsSchema,
  outputs: z.record(z.string(), z.object({ value: z.string() })).default({}),
  runs: z.object({ using: z.literal('composite'), steps: z.array(stepSchema) }),
});

export type Step = z.infer<typeof stepSchema>;
export type Job = z.infer<typeof jobSchema>;
export type Workflow = z.infer<typeof workflowSchema>;
export type Action = z.infer<typeof actionSchema>;

export function readWorkflow(path: string): Workflow {
  return parseAs(workflowSchema, path);
}

export function readAction(path: string): Action {
  return parseAs(actionSchema, path);
}

/** Inputs of the events that carry some. */
export function inputsOf({ on }: Workflow, event: string): Readonly<Record<string, InputDefinition>> {
  const trigger = z.object({ inputs: inputsSchema }).safeParse(on[event]);
  return trigger.success ? trigger.data.inputs : {};
}

function parseAs<T extends z.ZodType>(schema: T, path: string): z.infer<T> {
  const result = schema.safeParse(parse(readFileSync(path, 'utf8')));
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`${path} has what this runner does not know: ${problems.join('; ')}`);
}
