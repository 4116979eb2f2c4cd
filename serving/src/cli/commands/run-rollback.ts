import { z } from 'zod';
import { readRegistryConfig } from '../../config.js';
import { rollback } from '../../promotion/rollback.js';
import { MlflowPromotionRecords } from '../../registry/mlflow-promotion-records.js';
import { MlflowRegistry } from '../../registry/mlflow-registry.js';
import {
  canWait,
  currentUser,
  flag,
  FLAG,
  fleetOf,
  modelName,
  note,
  parseOptions,
  personName,
  print,
  reasonText,
  TEXT,
  versionNumber,
  waitArguments,
  waitOptions,
  WAIT_NEEDS_REPLICAS,
} from '../command-line.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { requiredKeys } from '../required-keys.js';

const options = z
  .strictObject({
    model: modelName,
    reason: reasonText,
    to: versionNumber.optional(),
    'expect-champion': versionNumber.optional(),
    ...waitOptions,
    by: personName.optional(),
    'approved-by': personName.optional(),
    force: flag,
    json: flag,
  })
  .refine(canWait, WAIT_NEEDS_REPLICAS)
  .refine(({ force, to }) => !force || to !== undefined, { message: '--force needs --to' });

export async function runRollback(args: string[]): Promise<ExitCode> {
  const wanted = parseOptions(
    args,
    {
      ...{ model: TEXT, reason: TEXT, to: TEXT, 'expect-champion': TEXT, by: TEXT },
      ...{ 'approved-by': TEXT, force: FLAG, json: FLAG },
      ...waitArguments,
    },
    options,
  );
  const connection = readRegistryConfig();
  const result = await rollback(new MlflowRegistry(connection), new MlflowPromotionRecords(connection), {
    model: wanted.model,
    to: wanted.to,
    expectChampion: wanted['expect-champion'],
    by: wanted.by ?? currentUser(),
    reason: wanted.reason,
    approvedBy: wanted['approved-by'],
    force: wanted.force,
    publicKeys: requiredKeys(),
    ...fleetOf(wanted),
  });
  note(result.notes);
  note(result.considered.map(({ version, objection }) => `not version ${version}: ${objection ?? ''}`));
  const seen = wanted.wait ? `, served by all ${result.replicas} replicas` : '';
  print(
    wanted.json,
    result,
    `Model ${result.model}: champion is version ${result.version} again (was ${result.previous})${seen}`,
  );
  return EXIT.ok;
}
