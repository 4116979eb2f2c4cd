import { parseArgs, type ParseArgsConfig } from 'node:util';
import { z } from 'zod';
import { ConfigError, readRegistryConfig } from '../config.js';
import { LoadError, messageOf } from '../errors.js';
import { MlflowRegistry } from '../registry/mlflow-registry.js';
import { RegistryError } from '../registry/model-registry.js';
import { bless } from './bless.js';
import { CommandError, EXIT, type ExitCode } from './exit-codes.js';
import { disagreement, readReplica } from './fleet.js';
import { promote } from './promote.js';

const USAGE = `Usage:
  bless   --model M --version V [--json]
  promote --model M --version V --expect-champion VERSION|none
          [--wait --replicas URL[,URL...] [--timeout-seconds N]] [--json]
  status  --replicas URL[,URL...] [--json]

The registry is read from MLFLOW_TRACKING_URI (and _USERNAME, _PASSWORD, _TOKEN).
Exit status: 0 done, 1 failed, 2 usage, 3 refused, 4 champion has moved, 5 registry unreachable,
6 not every replica agrees.`;

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
const statusOptions = z.strictObject({ replicas: urls, json: z.boolean().default(false) });

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

const COMMANDS = { bless: runBless, promote: runPromote, status: runStatus };

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandError) return error.exitCode;
  if (error instanceof ConfigError) return EXIT.usage;
  if (error instanceof RegistryError)
    return error.kind === 'unreachable' ? EXIT.registryUnreachable : EXIT.refused;
  if (error instanceof LoadError)
    return error.code === 'CACHE_FAILED' ? EXIT.failed : EXIT.registryUnreachable;
  return EXIT.failed;
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

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = exitCodeOf(error);
  },
);
