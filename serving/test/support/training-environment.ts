import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const SERVING_ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** The Python package's folder: its test support is run from here. */
export const DAGS_ROOT = resolve(SERVING_ROOT, '../dags');
export const CONTRACT_ROOT = resolve(SERVING_ROOT, '../mlflow/contract');

/** The Python that trains, and that runs MLflow: TRAINING_PYTHON, or the one that the Makefile installs. */
export function trainingPython(): string {
  const path = process.env['TRAINING_PYTHON'] ?? '../.venv/training/bin/python';
  const absolute = isAbsolute(path) ? path : resolve(SERVING_ROOT, path);
  if (!existsSync(absolute)) {
    throw new Error(`No Python at ${absolute}; run "make install" or set TRAINING_PYTHON`);
  }
  return absolute;
}

/** A program of the training environment, such as `mlflow`. */
export function trainingProgram(name: string): string {
  return join(dirname(trainingPython()), name);
}
