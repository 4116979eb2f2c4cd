import { parseArgs, type ParseArgsConfig } from 'node:util';
import { z } from 'zod';
import { apiKeyName } from '../api/access/api-keys.js';
import { ConfigError, readConfig, readRegistryConfig } from '../config.js';
import { LoadError, messageOf } from '../errors.js';
import { MlflowRegistry } from '../registry/mlflow-registry.js';
import { RegistryError, type RegistryErrorKind } from '../registry/model-registry.js';
import { newApiKey } from './api-key.js';
import { bless } from './bless.js';
import { CommandError, EXIT, FAILURE_CODES, type ExitCode } from './exit-codes.js';
import { disagreement, readReplica } from './fleet.js';
import { measure } from './measure.js';
import { promote } from './promote.js';

const USAGE = `Usage:
  bless   --model M --version V [--json]
  promote --model M --version V --expect-champion VERSION|none
          [--wait --replicas URL[,URL...] [--timeout-seconds N]] [--json]
  status  --replicas URL[,URL...] [--json]
  measure --package FOLDER [--json]
  api-key new --name NAME [--models M[,M...]] [--routes R[,R...]] [--expires-in-days N] [--json]

The registry is read from MLFLOW_TRACKING_URI (and _USERNAME, _PASSWORD, _TOKEN).
With --json, stdout is one JSON object however the command ends; one that failed has code and reason.
Exit status: 0 done, 1 failed, 2 usage, 3 refused, 4 champion has moved, 5 registry unreachable,
6 not every replica agrees, 7 the registry denies access, 8 no such model version.`;

const MAX_PACKAGE_BYTES = 2 * 1024 ** 3;

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/);
const version = z.string().regex(/^[1-9]\d*$/, 'must be a version number');
const urls = z
  .string()
  .transform((text) => text.split(',').filter((url) => url !== ''))
  .pipe(z.array(z.url({ protocol: /^https?$/ })).min(1));

const blessOptions = z.strictObject({ model: name, version, json: z.boolean().default(false) });
const promoteOptions = z
  .strictObject({
    model: name,
    version,
    'expect-champion': z.union([version, z.literal('none')]),
    wait: z.boolean().default(false),
    replicas: urls.optional(),
    'timeout-seconds': z.coerce.number().positive().default(60),
    json: z.boolean().default(false),
  })
  .refine((options) => !options.wait || options.replicas !== undefined, {
    message: '--wait needs --replicas',
  });
const measureOptions = z.strictObject({ package: z.string().min(1), json: z.boolean().default(false) });
const statusOptions = z.strictObject({ replicas: urls, json: z.boolean().default(false) });

/** The whole of a list is refused when one entry is empty: a slip must not make a key good for more. */
const list = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .pipe(z.array(z.string().min(1, 'must not have an empty entry')));

const apiKeyOptions = z.strictObject({
  name: apiKeyName,
  models: list.optional(),
  routes: list.optional(),
  'expires-in-days': z.coerce.number().positive().max(3_650).optional(),
  json: z.boolean().default(false),
});

const TEXT = { type: 'string' } as const;
const FLAG = { type: 'boolean' } as const;

function parseOptions<T extends z.ZodType>(
  args: string[],
  options: ParseArgsConfig['options'],
  schema: T,
): z.infer<T> {
  try {
    const { values } = parseArgs({ args, options: options ?? {}, strict: true });
    return schema.parse({ ...values });
  } catch (error) {
    const detail =
      error instanceof z.ZodError
        ? error.issues.map((issue) => `--${issue.path.join('.')} ${issue.message}`).join('; ')
        : messageOf(error);
    throw new CommandError(EXIT.usage, `${detail}\n\n${USAGE}`, { cause: error });
  }
}

function print(json: boolean, result: object, sentence: string): void {
  process.stdout.write(`${json ? JSON.stringify(result) : sentence}\n`);
}

async function runBless(args: string[]): Promise<ExitCode> {
  const options = parseOptions(args, { model: TEXT, version: TEXT, json: FLAG }, blessOptions);
  const registry = new MlflowRegistry(readRegistryConfig());
  const result = await bless(registry, options.model, options.version, MAX_PACKAGE_BYTES);
  const verdict = result.blessed ? 'is blessed' : `is refused, ${result.code}`;
  print(options.json, result, `Model ${result.model} version ${result.version} ${verdict}: ${result.reason}`);
  return result.blessed ? EXIT.ok : EXIT.refused;
}

async function runPromote(args: string[]): Promise<ExitCode> {
  const options = parseOptions(
    args,
    {
      model: TEXT,
      version: TEXT,
      'expect-champion': TEXT,
      wait: FLAG,
      replicas: TEXT,
      'timeout-seconds': TEXT,
      json: FLAG,
    },
    promoteOptions,
  );
  const result = await promote(new MlflowRegistry(readRegistryConfig()), {
    model: options.model,
    version: options.version,
    expectChampion: options['expect-champion'],
    replicas: options.wait ? (options.replicas ?? []) : [],
    timeoutMs: options['timeout-seconds'] * 1_000,
  });
  const seen = options.wait ? `, served by all ${result.replicas} replicas` : '';
  print(
    options.json,
    result,
    `Model ${result.model}: champion is version ${result.version} (was ${result.previous})${seen}`,
  );
  return EXIT.ok;
}

/** Agreement means that all replicas serve, model by model, the bytes that the first one serves. */
async function runStatus(args: string[]): Promise<ExitCode> {
  const options = parseOptions(args, { replicas: TEXT, json: FLAG }, statusOptions);
  const replicas = await Promise.all(options.replicas.map(readReplica));
  const models = replicas[0]?.status?.models ?? [];
  const agree =
    models.length > 0 &&
    models.every(
      ({ model_name: model, alias, available }) =>
        available !== null &&
        replicas.every((replica) => disagreement(replica, { model, alias, ...available }) === undefined),
    );
  const lines = replicas.flatMap(({ url, status, error }) => {
    if (status === undefined) return [`${url} ${error ?? ''}`];
    return status.models.map(({ model_name: model, alias, available, serving_from: from }) =>
      available === null
        ? `${url} serves nothing for ${model}@${alias}`
        : `${url} serves ${model}@${alias} version ${available.version} ${available.digest} from ${from}`,
    );
  });
  print(options.json, { agree, replicas }, lines.join('\n'));
  return agree ? EXIT.ok : EXIT.fleetDisagrees;
}

/** By the default settings of a tier, whatever surrounds the command: figures of two packages are to be compared. */
async function runMeasure(args: string[]): Promise<ExitCode> {
  const options = parseOptions(args, { package: TEXT, json: FLAG }, measureOptions);
  const result = await measure(options.package, readConfig({}));
  const { p50, p90, p99 } = result.latency_ms;
  print(
    options.json,
    result,
    `${result.digest} loads in ${result.load_ms} ms; a row takes ${p50} ms (p50), ${p90} ms (p90), ${p99} ms (p99); ` +
      `${result.rows_per_second} rows a second in batches`,
  );
  return EXIT.ok;
}

/** Makes a key. Nothing is written anywhere: the key is shown once, and its entry is for API_KEYS_FILE. */
function runApiKey([action, ...args]: string[]): ExitCode {
  if (action !== 'new') throw new CommandError(EXIT.usage, `Expected api-key new\n\n${USAGE}`);
  const options = parseOptions(
    args,
    { name: TEXT, models: TEXT, routes: TEXT, 'expires-in-days': TEXT, json: FLAG },
    apiKeyOptions,
  );
  const made = newApiKey(options.name, options['expires-in-days'], Date.now(), options);
  const { key, entry } = made;
  print(
    options.json,
    made,
    `${key}\n\nThis key is shown once. Hand it to its client, and add this below keys: in API_KEYS_FILE:\n\n` +
      `- ${Object.entries(entry)
        .map(([field, value]) => `${field}: ${JSON.stringify(value)}`)
        .join('\n  ')}`,
  );
  return EXIT.ok;
}

const COMMANDS = {
  bless: runBless,
  promote: runPromote,
  status: runStatus,
  measure: runMeasure,
  'api-key': runApiKey,
};

type FailureExitCode = Exclude<ExitCode, 0>;

/** A registry that answers with a no has not judged the version: none of these is `refused`. */
const REGISTRY_EXITS: Readonly<Record<RegistryErrorKind, FailureExitCode>> = {
  'not-found': EXIT.notRegistered,
  unreachable: EXIT.registryUnreachable,
  denied: EXIT.registryDenied,
  rejected: EXIT.failed,
};

function exitCodeOf(error: unknown): FailureExitCode {
  if (error instanceof CommandError) return error.exitCode;
  if (error instanceof ConfigError) return EXIT.usage;
  if (error instanceof RegistryError) return REGISTRY_EXITS[error.kind];
  if (error instanceof LoadError) {
    if (!error.transient) return EXIT.refused;
    if (error.code === 'CACHE_FAILED') return EXIT.failed;
    return error.code === 'REGISTRY_DENIED' ? EXIT.registryDenied : EXIT.registryUnreachable;
  }
  return EXIT.failed;
}

/** One sentence for people; for programs that asked for it, the same as an object. */
function report(error: unknown, json: boolean): FailureExitCode {
  const exitCode = exitCodeOf(error);
  const reason = messageOf(error);
  const code = error instanceof LoadError ? error.code : FAILURE_CODES[exitCode];
  process.stderr.write(`${reason}\n`);
  if (json) process.stdout.write(`${JSON.stringify({ code, reason })}\n`);
  return exitCode;
}

async function main([command, ...args]: string[]): Promise<ExitCode> {
  if (command === '--help' || command === 'help') {
    process.stdout.write(`${USAGE}\n`);
    return EXIT.ok;
  }
  if (command === undefined || !Object.hasOwn(COMMANDS, command)) {
    throw new CommandError(
      EXIT.usage,
      `${command === undefined ? 'No command' : `Unknown command ${command}`}\n\n${USAGE}`,
    );
  }
  return COMMANDS[command as keyof typeof COMMANDS](args);
}

const args = process.argv.slice(2);
main(args).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.exitCode = report(error, args.includes('--json'));
  },
);
