import { z } from 'zod';
import { readRegistryConfig } from '../../config.js';
import { MlflowPromotionRecords } from '../../registry/mlflow-promotion-records.js';
import { MlflowRegistry } from '../../registry/mlflow-registry.js';
import { MAX_PACKAGE_BYTES } from '../bless.js';
import { file, flag, FLAG, modelName, parseOptions, print, TEXT, versionNumber } from '../command-line.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { requiredKeys } from '../required-keys.js';
import { verify } from '../verify.js';

const options = z.strictObject({
  model: modelName,
  version: versionNumber,
  'public-keys': file.optional(),
  json: flag,
});

export async function runVerify(args: string[]): Promise<ExitCode> {
  const wanted = parseOptions(args, { model: TEXT, version: TEXT, 'public-keys': TEXT, json: FLAG }, options);
  const publicKeys = requiredKeys(wanted['public-keys']);
  const connection = readRegistryConfig();
  const result = await verify(
    new MlflowRegistry(connection),
    new MlflowPromotionRecords(connection),
    wanted.model,
    wanted.version,
    { maxPackageBytes: MAX_PACKAGE_BYTES, publicKeys },
  );
  const lines = result.checks.map(({ check, verdict, detail }) => `  ${verdict} ${check}: ${detail}`);
  const verdict = result.verified ? 'is what it should be' : 'is NOT what it should be';
  print(
    wanted.json,
    result,
    [`Model ${result.model} version ${result.version} ${verdict}`, ...lines].join('\n'),
  );
  return result.verified ? EXIT.ok : EXIT.refused;
}
