import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { once } from 'node:events';
import { print } from './console.js';
import { PlatformFailure } from './failure.js';
import type { Platform } from './platform.js';

/** Follows one service's log, or shows which there are. */
export async function logs({ settings, processes }: Platform): Promise<void> {
  const { service, logsDir } = settings;
  if (service === undefined) {
    const files = existsSync(logsDir) ? readdirSync(logsDir) : [];
    for (const file of files) print(`make logs SERVICE=${file.replace(/\.log$/, '')}`);
    if (files.length === 0) print('no logs yet');
    return;
  }
  const file = processes.logFile(service);
  if (!existsSync(file))
    throw new PlatformFailure(`There is no ${file}.`, '`make logs` shows which there are.');
  const tail = spawn('tail', ['-n', '100', '-F', file], { stdio: 'inherit' });
  await once(tail, 'exit');
}
