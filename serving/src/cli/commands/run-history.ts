import { z } from 'zod';
import { readRegistryConfig } from '../../config.js';
import { MlflowPromotionRecords } from '../../registry/mlflow-promotion-records.js';
import { MlflowRegistry } from '../../registry/mlflow-registry.js';
import { flag, FLAG, modelName, parseOptions, print, TEXT } from '../command-line.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { historyOf, historyTable } from '../history.js';

const options = z.strictObject({
  model: modelName,
  limit: z.coerce.number().int().positive().default(20),
  json: flag,
});

/** The latest move first. Reads only. */
export async function runHistory(args: string[]): Promise<ExitCode> {
  const { model, limit, json } = parseOptions(args, { model: TEXT, limit: TEXT, json: FLAG }, options);
  const connection = readRegistryConfig();
  const history = await historyOf(
    new MlflowRegistry(connection),
    new MlflowPromotionRecords(connection),
    model,
    limit,
  );
  print(json, history, historyTable(history));
  return EXIT.ok;
}
