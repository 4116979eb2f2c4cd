import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ModelPackage } from '../../src/model-package/manifest.js';
import { packageIn } from './package-folders.js';
import { temporaryDirectory } from './temporary-directory.js';
import { DAGS_ROOT, trainingPython } from './training-environment.js';

/** Packages with real graphs, as the training side writes them. */
export interface RealPackages {
  /** Model `small-tensor`: one float tensor, a score and a label. */
  readonly tensorA: ModelPackage;
  /** The signature of `tensorA` with other scores. */
  readonly tensorB: ModelPackage;
  /** Model `small-columns`: one input a column, strings among them, outputs of every type. */
  readonly columnsStrings: ModelPackage;
}

/** For hooks that wait for the packages: Python imports half of its world first, on a busy machine too. */
export const PACKAGES_TIMEOUT_MS = 180_000;

let written: Promise<RealPackages> | undefined;

async function write(): Promise<RealPackages> {
  const directory = temporaryDirectory();
  await promisify(execFile)(trainingPython(), ['-m', 'tests.support.packages', directory], {
    cwd: DAGS_ROOT,
  });
  return {
    tensorA: packageIn(join(directory, 'tensor-a')),
    tensorB: packageIn(join(directory, 'tensor-b')),
    columnsStrings: packageIn(join(directory, 'columns-strings')),
  };
}

/** The packages, written by Python once a run. */
export function realPackages(): Promise<RealPackages> {
  written ??= write();
  return written;
}

// Python takes seconds to start: it does so while tests that need no package run.
before(() => {
  realPackages().catch(() => {
    // Whoever asks for them gets the error.
  });
});
