import { z } from 'zod';
import { readRegistryConfig } from '../../config.js';
import { comparedAgainst } from '../../promotion/compared-against.js';
import { NO_CHAMPION } from '../../promotion/move.js';
import { promote } from '../../promotion/promote.js';
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

/** The champion that the pipeline has compared the version with. */
const AS_COMPARED = 'compared';

const options = z
  .strictObject({
    model: modelName,
    version: versionNumber,
    'expect-champion': z.union([versionNumber, z.literal([NO_CHAMPION, AS_COMPARED])]),
    ...waitOptions,
    by: personName.optional(),
    reason: reasonText.optional(),
    'approved-by': personName.optional(),
    force: flag,
    json: flag,
  })
  .refine(canWait, WAIT_NEEDS_REPLICAS)
  .refine(({ force, reason }) => !force || reason !== undefined, { message: '--force needs --reason' });

export async function runPromote(args: string[]): Promise<ExitCode> {
  const wanted = parseOptions(
    args,
    {
      ...{ model: TEXT, version: TEXT, 'expect-champion': TEXT, by: TEXT, reason: TEXT },
      ...{ 'approved-by': TEXT, force: FLAG, json: FLAG },
      ...waitArguments,
    },
    options,
  );
  const connection = readRegistryConfig();
  const registry = new MlflowRegistry(connection);
  const { model, version, 'expect-champion': expected } = wanted;
  const result = await promote(registry, new MlflowPromotionRecords(connection), {
    ...{ model, version },
    expectChampion: expected === AS_COMPARED ? await comparedAgainst(registry, model, version) : expected,
    by: wanted.by ?? currentUser(),
    reason: wanted.reason ?? '',
    approvedBy: wanted['approved-by'],
    force: wanted.force,
    publicKeys: requiredKeys(),
    ...fleetOf(wanted),
  });
  note(result.notes);
  const seen = wanted.wait ? `, served by all ${result.replicas} replicas` : '';
  const forced = result.forced ? ', WITHOUT A BLESSING' : '';
  print(
    wanted.json,
    result,
    `Model ${result.model}: champion is version ${result.version} (was ${result.previous})${forced}${seen}`,
  );
  return EXIT.ok;
}
