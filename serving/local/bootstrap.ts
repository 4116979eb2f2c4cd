import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { say } from './console.js';
import { PlatformFailure } from './failure.js';
import type { Platform } from './platform.js';
import { instanceVariable } from './process-scan.js';
import { inheritedEnvironment } from './service.js';

const run = promisify(execFile);

/** Prepares the registry: the model's entry, and the webhook that tells serving of a moved alias. */
export async function bootstrapRegistry({ settings, secrets }: Platform): Promise<void> {
  const script = path.join(settings.projectDir, 'mlflow', 'bootstrap.py');
  if (!existsSync(script)) return;
  try {
    // -P: the script's own folder is called mlflow, and must not stand in for the package.
    await run(
      settings.trainingPython,
      ['-P', script, '--webhook-url', `${settings.urls.management}/webhooks/mlflow`],
      {
        cwd: settings.stateDir,
        timeout: 120_000,
        env: {
          ...inheritedEnvironment(),
          [instanceVariable]: settings.stateDir,
          MLFLOW_TRACKING_URI: settings.urls.mlflow,
          MODEL_NAME: settings.modelName,
          MLFLOW_WEBHOOK_SECRET: secrets.mlflowWebhookSecret,
        },
      },
    );
    say('registry prepared');
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    const reason = stderr.trim().split('\n').at(-1) ?? '';
    throw new PlatformFailure(`mlflow/bootstrap.py failed: ${reason}`, 'Read `make logs SERVICE=mlflow`.', {
      cause: error,
    });
  }
}
