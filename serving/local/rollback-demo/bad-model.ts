import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { messageOf, PlatformFailure } from '../failure.js';
import { inheritedEnvironment } from '../service.js';
import type { Settings } from '../settings.js';

const run = promisify(execFile);

/** What is wrong with them, which nobody sees before they are asked by clients that nobody trained on. */
export type BadKind = 'wrong' | 'slow' | 'throwing';

const registeredSchema = z.object({ path: z.string(), digest: z.string(), version: z.string() });

/** A version that wins its gates and is bad in production. */
export type BadModel = z.infer<typeof registeredSchema> & { readonly kind: BadKind };

/**
 * Makes a bad model out of a good package, and registers it: dags/retraining/bad_models.py.
 * @param of folder of the good one
 */
export async function makeBadModel(
  settings: Pick<Settings, 'projectDir' | 'stateDir' | 'trainingPython' | 'urls'>,
  kind: BadKind,
  of: string,
): Promise<BadModel> {
  const to = path.join(settings.stateDir, 'bad-models', kind);
  try {
    const { stdout } = await run(
      settings.trainingPython,
      ['-m', 'retraining.bad_models', kind, '--of', of, '--to', to, '--register'],
      {
        cwd: path.join(settings.projectDir, 'dags'),
        env: {
          ...inheritedEnvironment(),
          MLFLOW_TRACKING_URI: settings.urls.mlflow,
          OMP_NUM_THREADS: '1',
        },
        timeout: 120_000,
      },
    );
    return { kind, ...registeredSchema.parse(JSON.parse(stdout)) };
  } catch (error) {
    throw new PlatformFailure(`No ${kind} model was made: ${messageOf(error)}`, undefined, { cause: error });
  }
}
