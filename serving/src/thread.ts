import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts a module on a thread. Threads are started by file, not by import: compiled code starts what was compiled
 * beside it, and code that runs from its source (tests do) has its thread translated the same way.
 *
 * @param path relative to `base`, without its extension
 * @param base `import.meta.url` of the caller
 */
export function startThread(path: string, base: string, options: WorkerOptions): Worker {
  const extension = extname(base);
  const module = new URL(path + extension, base);
  if (extension !== '.ts') return new Worker(module, options);
  // A loader is not handed down to threads. `import.meta.resolve` is not there where a test runner translated this file.
  const tsx = new URL(
    'dist/esm/api/index.mjs',
    pathToFileURL(createRequire(base).resolve('tsx/package.json')),
  );
  const translated = `import(${JSON.stringify(tsx.href)}).then(({ register }) => {
    register();
    return import(${JSON.stringify(module.href)});
  })`;
  return new Worker(translated, { ...options, eval: true });
}
