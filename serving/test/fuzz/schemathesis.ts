import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FuzzedTier } from './fuzzer.js';

/** Holds configuration and hooks. */
const HERE = fileURLToPath(new URL('.', import.meta.url));

export interface SchemathesisOptions {
  /** The program. */
  readonly program: string;
  readonly seconds: number;
  readonly seed: number;
  /** Folder for the report and for whatever the program keeps. */
  readonly reports: string;
}

/**
 * Has schemathesis hold a tier against the document that it serves, with data that fits the document and data that
 * does not. What it finds, it prints.
 *
 * @returns whether it found nothing
 */
export async function holdsItsDocument(
  { port }: FuzzedTier,
  { program, seconds, seed, reports }: SchemathesisOptions,
): Promise<boolean> {
  const options = {
    mode: 'all',
    phases: 'examples,coverage,fuzzing',
    'max-time': String(seconds),
    seed: String(seed),
    // Two would share the parser of Python 3.11, which fails now and then when it is.
    workers: '1',
    report: 'junit',
    'report-junit-path': join(reports, 'schemathesis.xml'),
  };
  const child = spawn(
    program,
    [
      `--config-file=${join(HERE, 'schemathesis.toml')}`,
      'run',
      `http://127.0.0.1:${port}/openapi.json`,
      ...Object.entries(options).map(([name, value]) => `--${name}=${value}`),
      // That most data it makes up is refused is no news: a shape and its values have to agree.
      '--warnings=off',
      '--continue-on-failure',
      '--no-color',
    ],
    {
      cwd: reports,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { PATH: process.env['PATH'], PYTHONPATH: HERE, PYTHONDONTWRITEBYTECODE: '1' },
    },
  );
  const [code] = (await once(child, 'exit')) as [number | null];
  return code === 0;
}
