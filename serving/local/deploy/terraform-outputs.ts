import { z } from 'zod';
import { PlatformFailure } from '../failure.js';

const text = z.string().min(1);
const keysByName = z.record(text, z.array(text));

const databaseSchema = z.object({
  host: text,
  port: z.number().int(),
  mlflow_database: text,
  airflow_database: text,
});

const storageSchema = z.object({
  endpoint: text,
  region: text,
  buckets: z.looseObject({ mlflow: text, pipeline: text }),
});

const secretsSchema = z.object({
  folder_id: text,
  prefix: z.string(),
  /** What the chart reads. */
  secret_keys: keysByName,
  /** Those that nobody but a person fills. */
  from_elsewhere: keysByName,
  reader_service_account_id: text,
});

const edgeSchema = z.object({
  url: z.url({ protocol: /^https$/ }),
  host: text,
  address: text,
  gateway_address: text,
  gateway_subnet_id: text,
  client_cidrs: z.array(text).min(1),
});

/** What every environment of terraform/ prints, as much of it as is read here. */
const outputsSchema = z.object({
  environment: z.enum(['dev', 'staging', 'production']),
  name: text,
  folder_id: text,
  cluster: z.object({ id: text, name: text, endpoint: text }),
  kubeconfig: text,
  registry: z.object({ image_registry: text }),
  network: z.object({
    pods_cidr: text,
    /** One range that holds all subnets. */
    subnets_cidr: text,
    subnets: z.record(text, z.object({ id: text })),
  }),
  // Terraform prints nothing of an output that is null.
  /** null, here and below: the platform's chart brings its own. */
  database: databaseSchema.nullable().default(null),
  storage: storageSchema.nullable().default(null),
  secrets: secretsSchema.nullable().default(null),
  /** null: there is no public way in, or another one. */
  edge: edgeSchema.nullable().default(null),
  monitoring: z.object({ log_group_id: text.nullable() }),
});

/** What the charts of a dev cluster bring along, and those of other environments do not. */
const MANAGED = ['database', 'storage', 'secrets'] as const;

export type TerraformOutputs = z.infer<typeof outputsSchema>;

const wrappedSchema = z.record(z.string(), z.looseObject({ value: z.unknown() }));

/**
 * Reads what `terraform output -json` printed.
 *
 * @param source what it is called in errors
 * @param remedy how it is made again
 * @throws {PlatformFailure} that names each output that is missing or not as it should be
 */
export function readTerraformOutputs(json: string, source: string, remedy: string): TerraformOutputs {
  const wrapped = wrappedSchema.safeParse(parsed(json, source, remedy));
  if (!wrapped.success)
    throw new PlatformFailure(`${source} is not what \`terraform output -json\` prints.`, remedy);
  const values = Object.fromEntries(Object.entries(wrapped.data).map(([name, { value }]) => [name, value]));
  if (Object.keys(values).length === 0) {
    throw new PlatformFailure(`${source} has no outputs: nothing was applied yet.`, remedy);
  }
  const read = outputsSchema.safeParse(values);
  const absent =
    values['environment'] === 'dev' ? [] : MANAGED.filter((name) => (values[name] ?? null) === null);
  if (read.success && absent.length === 0) return read.data;
  const faults = [
    ...(read.error?.issues ?? []).map(({ path, message }) => {
      const missing = valueAt(values, path) === undefined;
      return `  ${path.join('.')}: ${missing ? 'is missing' : message}`;
    }),
    ...absent.map((name) => `  ${name}: is missing, and only dev does without`),
  ];
  throw new PlatformFailure(
    [`Outputs of ${source} that are missing or wrong:`, ...faults, ''].join('\n'),
    remedy,
  );
}

function parsed(json: string, source: string, remedy: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch (error) {
    throw new PlatformFailure(`${source} is no JSON.`, remedy, { cause: error });
  }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}
