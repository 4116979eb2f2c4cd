import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { z } from 'zod';
import { messageOf } from '../errors.js';
import { MAX_NAME_LENGTH, MAX_REASON_LENGTH } from '../promotion/move.js';
import { CommandError, EXIT } from './exit-codes.js';
import { USAGE } from './usage.js';

export const TEXT = { type: 'string' } as const;
export const FLAG = { type: 'boolean' } as const;

export const modelName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/);
export const versionNumber = z.string().regex(/^[1-9]\d*$/, 'must be a version number');
export const flag = z.boolean().default(false);
export const file = z.string().min(1);
/** Management addresses of replicas, or of names that stand for many. */
export const replicaAddresses = z
  .string()
  .transform((text) => text.split(',').filter((url) => url !== ''))
  .pipe(z.array(z.url({ protocol: /^(https?|dns\+http)$/ })).min(1));

/** One line of text for people. */
const line = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(/^\P{Cc}*$/u, 'must be one line');
export const personName = line(MAX_NAME_LENGTH);
export const reasonText = line(MAX_REASON_LENGTH);

/** `--wait`, its replicas and its patience. */
export const waitArguments = { wait: FLAG, replicas: TEXT, 'timeout-seconds': TEXT };
export const waitOptions = {
  wait: flag,
  replicas: replicaAddresses.optional(),
  'timeout-seconds': z.coerce.number().positive().default(60),
};
export const WAIT_NEEDS_REPLICAS = { message: '--wait needs --replicas' };

interface WaitOptions {
  readonly wait: boolean;
  readonly replicas?: readonly string[] | undefined;
  readonly 'timeout-seconds': number;
}

export function canWait({ wait, replicas }: WaitOptions): boolean {
  return !wait || replicas !== undefined;
}

export function fleetOf(options: WaitOptions): {
  readonly replicas: readonly string[];
  readonly timeoutMs: number;
} {
  return {
    replicas: options.wait ? (options.replicas ?? []) : [],
    timeoutMs: options['timeout-seconds'] * 1_000,
  };
}

/** Who is asking, where the command is not told. */
export function currentUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no name.
    return 'unknown';
  }
}

/** @throws {CommandError} usage */
export function readKeyFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CommandError(EXIT.usage, `The key file can't be read: ${messageOf(cause)}`, { cause });
  }
}

/** @throws {CommandError} usage */
export function parseOptions<T extends z.ZodType>(
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

/** What a command found, for a program or for people. */
export function print(json: boolean, result: object, sentence: string): void {
  process.stdout.write(`${json ? JSON.stringify(result) : sentence}\n`);
}

/** What people should know beside the result. */
export function note(sentences: readonly string[]): void {
  for (const sentence of sentences) process.stderr.write(`${sentence}\n`);
}
