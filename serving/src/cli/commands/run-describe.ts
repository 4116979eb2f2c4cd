import { z } from 'zod';
import { readRegistryConfig } from '../../config.js';
import { MlflowRegistry } from '../../registry/mlflow-registry.js';
import { flag, FLAG, modelName, parseOptions, print, TEXT, versionNumber } from '../command-line.js';
import { describeVersion, descriptionPage, descriptionText } from '../description.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { requiredKeys } from '../required-keys.js';

const options = z.strictObject({ model: modelName, version: versionNumber, markdown: flag, json: flag });

/** What the registry says of a version, dossier included. Reads only, and loads nothing. */
export async function runDescribe(args: string[]): Promise<ExitCode> {
  const { model, version, markdown, json } = parseOptions(
    args,
    { model: TEXT, version: TEXT, markdown: FLAG, json: FLAG },
    options,
  );
  const registry = new MlflowRegistry(readRegistryConfig());
  const description = await describeVersion(registry, model, version, requiredKeys());
  print(json, description, markdown ? descriptionPage(description) : descriptionText(description));
  return EXIT.ok;
}
