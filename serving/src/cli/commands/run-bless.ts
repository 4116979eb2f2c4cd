import { z } from 'zod';
import { readKeyFiles, readRegistryConfig } from '../../config.js';
import { readSigningKey } from '../../model-package/package-signature.js';
import { MlflowRegistry } from '../../registry/mlflow-registry.js';
import { bless, MAX_PACKAGE_BYTES } from '../bless.js';
import {
  file,
  flag,
  FLAG,
  modelName,
  parseOptions,
  print,
  readKeyFile,
  TEXT,
  versionNumber,
} from '../command-line.js';
import { EXIT, type ExitCode } from '../exit-codes.js';

const options = z.strictObject({
  model: modelName,
  version: versionNumber,
  'signing-key': file.optional(),
  json: flag,
});

export async function runBless(args: string[]): Promise<ExitCode> {
  const wanted = parseOptions(args, { model: TEXT, version: TEXT, 'signing-key': TEXT, json: FLAG }, options);
  const keyFile = wanted['signing-key'] ?? readKeyFiles().signingKeyFile;
  // Before anything else: a key that is no key must not leave a blessing without a signature.
  const signingKey = keyFile === undefined ? undefined : readSigningKey(readKeyFile(keyFile));
  const registry = new MlflowRegistry(readRegistryConfig());
  const result = await bless(registry, wanted.model, wanted.version, MAX_PACKAGE_BYTES, signingKey);
  const verdict = result.blessed ? 'is blessed' : `is refused, ${result.code}`;
  const signed = result.signed_by === undefined ? '' : `; signed with key ${result.signed_by}`;
  print(
    wanted.json,
    result,
    `Model ${result.model} version ${result.version} ${verdict}: ${result.reason}${signed}`,
  );
  return result.blessed ? EXIT.ok : EXIT.refused;
}
