import { z } from 'zod';
import { readRegistryConfig } from '../../config.js';
import { PromotionError } from '../../promotion/promotion-error.js';
import { registeredVersion } from '../../promotion/registered-version.js';
import { MlflowRegistry } from '../../registry/mlflow-registry.js';
import { DIGEST_TAG } from '../../registry/model-registry.js';
import { quarantineOf, quarantineTag, writeQuarantine } from '../../registry/traffic-tags.js';
import { championIn } from '../../rollout/effects.js';
import {
  currentUser,
  flag,
  FLAG,
  modelName,
  note,
  parseOptions,
  personName,
  print,
  reasonText,
  TEXT,
  versionNumber,
} from '../command-line.js';
import { EXIT, type ExitCode } from '../exit-codes.js';

const options = z
  .strictObject({
    model: modelName,
    version: versionNumber,
    reason: reasonText.optional(),
    lift: flag,
    by: personName.optional(),
    json: flag,
  })
  .refine(({ reason, lift }) => lift || reason !== undefined, { path: ['reason'], message: 'is needed' });

/** Keeps the bytes of a version from answering and from being promoted, or lets them again. */
export async function runQuarantine(args: string[]): Promise<ExitCode> {
  const wanted = parseOptions(
    args,
    { model: TEXT, version: TEXT, reason: TEXT, lift: FLAG, by: TEXT, json: FLAG },
    options,
  );
  const { model, version, lift, reason = '' } = wanted;
  const registry = new MlflowRegistry(readRegistryConfig());
  const digest = (await registeredVersion(registry, model, version)).tags.get(DIGEST_TAG);
  if (digest === undefined) {
    throw new PromotionError('refused', `Model ${model} version ${version} has no tag ${DIGEST_TAG}`);
  }
  const { aliases, tags } = await registry.getRegisteredModel(model);
  const present = quarantineOf(tags, digest);
  if (lift) {
    if (present !== undefined) await registry.deleteRegisteredModelTag(model, quarantineTag(digest));
    const was = present === undefined ? 'was not in quarantine' : `is no more in quarantine (${present.reason})`;
    print(wanted.json, { model, version, digest, quarantine: null }, `Model ${model}: version ${version} ${was}`);
    return EXIT.ok;
  }
  const at = new Date().toISOString();
  const said = { version, digest, at, by: wanted.by ?? currentUser(), reason, cause: 'manual' as const };
  // What came first stays, with its reason.
  const quarantine = present ?? said;
  if (present === undefined) {
    await registry.setRegisteredModelTag(model, quarantineTag(digest), writeQuarantine(said));
  }
  if (championIn(aliases) === version) note([`Version ${version} is champion, and goes on answering: rollback moves it back`]);
  const since = present === undefined ? '' : ` since ${present.at}, by ${present.by}: ${present.reason}`;
  print(wanted.json, { model, version, digest, quarantine }, `Model ${model}: version ${version} is in quarantine${since}`);
  return EXIT.ok;
} // prettier-ignore
