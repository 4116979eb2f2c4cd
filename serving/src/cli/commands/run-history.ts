import { z } from 'zod';
import { readRegistryConfig } from '../../config.js';
import { MlflowPromotionRecords } from '../../registry/mlflow-promotion-records.js';
import { MlflowRegistry } from '../../registry/mlflow-registry.js';
import { flag, FLAG, modelName, parseOptions, print, TEXT } from '../command-line.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { historyOf, historyPage, historyTable } from '../history.js';

const options = z.strictObject({
  model: modelName,
  limit: z.coerce.number().int().positive().default(20),
  markdown: flag,
  json: flag,
});

/** The latest move first. Reads only. */
export async function runHistory(args: string[]): Promise<ExitCode> {
  const { model, limit, markdown, json } = parseOptions(
    args,
    { model: TEXT, limit: TEXT, markdown: FLAG, json: FLAG },
    options,
  );
  const connection = readRegistryConfig();
  const history = await historyOf(
    new MlflowRegistry(connection),
    new MlflowPromotionRecords(connection),
    model,
    limit,
  );
  print(json, history, markdown ? historyPage(history) : historyTable(history));
  return EXIT.ok;
}
