import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { messageOf, PlatformFailure } from '../failure.js';
import { inheritedEnvironment } from '../service.js';
import type { Settings } from '../settings.js';

const run = promisify(execFile);
const TIMEOUT_MS = 600_000;

const answerSchema = z.object({ version: z.string(), promoted: z.boolean() });

export interface Training {
  readonly name: string;
  readonly datasetUri: string;
  /** Made champion when it has won its gates. */
  readonly promote: boolean;
}

/**
 * Trains a version that wins its gates, and blesses it: the tasks of the DAG one after the other, without Airflow.
 * @returns its number
 * @throws {PlatformFailure} where it has not won them
 */
export async function trainedVersion(
  settings: Settings,
  { name, datasetUri, promote }: Training,
): Promise<string> {
  const document = {
    dag_id: settings.dagId,
    dag_run_id: name,
    bundle_version: null,
    params: {
      dataset_uri: datasetUri,
      seed: 7,
      candidates: ['gradient_boosting'],
      variants: [],
      auto_promote: promote,
    },
  };
  try {
    const { stdout } = await run(
      settings.trainingPython,
      ['-m', 'retraining.whole_run', JSON.stringify(document)],
      {
        cwd: path.join(settings.projectDir, 'dags'),
        env: {
          ...inheritedEnvironment(),
          MLFLOW_TRACKING_URI: settings.urls.mlflow,
          MODEL_NAME: settings.modelName,
          RETRAINING_WORKSPACE_URI: `file://${settings.workspaceDir}`,
          SERVING_CLI: `'${process.execPath}' '${settings.servingCli}'`,
          SERVING_REPLICAS: settings.urls.management,
          OMP_NUM_THREADS: '1',
          MLFLOW_DISABLE_TELEMETRY: 'true',
        },
        timeout: TIMEOUT_MS,
        maxBuffer: 16 * 1024 * 1024,
      },
    );
    const { version, promoted } = answerSchema.parse(JSON.parse(stdout));
    if (promoted !== promote) throw new Error(`version ${version} was${promoted ? '' : ' not'} promoted`);
    return version;
  } catch (error) {
    throw new PlatformFailure(`${name} has brought no version: ${messageOf(error)}`, undefined, {
      cause: error,
    });
  }
}
