import { z } from 'zod';
import { readRegistryConfig } from '../../config.js';
import { MlflowPromotionRecords } from '../../registry/mlflow-promotion-records.js';
import { rolloutsIn } from '../../rollout/rollout-records.js';
import { flag, FLAG, modelName, parseOptions, print, TEXT } from '../command-line.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { rolloutsOf, rolloutsPage, rolloutsTable } from '../rollouts-table.js';

const options = z.strictObject({
  model: modelName,
  limit: z.coerce.number().int().positive().default(5),
  markdown: flag,
  json: flag,
});

/** Every decision of the latest rollouts. Reads only. */
export async function runRollouts(args: string[]): Promise<ExitCode> {
  const { model, limit, markdown, json } = parseOptions(
    args,
    { model: TEXT, limit: TEXT, markdown: FLAG, json: FLAG },
    options,
  );
  const records = await new MlflowPromotionRecords(readRegistryConfig()).readAll(model);
  const rollouts = rolloutsOf(model, rolloutsIn(records), limit);
  print(json, rollouts, markdown ? rolloutsPage(rollouts) : rolloutsTable(rollouts));
  return EXIT.ok;
}
