import { z } from 'zod';
import { readRegistryConfig } from '../../config.js';
import { MlflowRegistry } from '../../registry/mlflow-registry.js';
import { percentSchema, type TrafficPolicyDocument } from '../../registry/traffic-tags.js';
import { changeTraffic } from '../../rollout/traffic-change.js';
import { flag, FLAG, modelName, parseOptions, print, TEXT, versionNumber } from '../command-line.js';
import { EXIT, type ExitCode } from '../exit-codes.js';

/** `7:12.5` */
const share = z
  .string()
  .regex(/^[^:]+:[\d.]+$/, 'must be a version and a percentage, such as 7:10')
  .transform((text) => ({ version: text.split(':')[0], percent: Number(text.split(':')[1]) }))
  .pipe(z.object({ version: versionNumber, percent: percentSchema }));

const options = z.strictObject({
  model: modelName,
  canary: share.optional(),
  shadow: z
    .string()
    .transform((text) => (text.includes(':') ? text : `${text}:100`))
    .pipe(share)
    .optional(),
  standby: versionNumber.optional(),
  clear: flag,
  json: flag,
});

/** Says how live traffic is split by the registry, after what is asked for. */
export async function runTraffic(args: string[]): Promise<ExitCode> {
  const wanted = parseOptions(
    args,
    { model: TEXT, canary: TEXT, shadow: TEXT, standby: TEXT, clear: FLAG, json: FLAG },
    options,
  );
  const { model, canary, shadow, standby, clear } = wanted;
  const policy = await changeTraffic(new MlflowRegistry(readRegistryConfig()), model, {
    clear,
    ...(canary && { canary }),
    ...(shadow && { shadow }),
    ...(standby === undefined ? {} : { standby: { version: standby } }),
  });
  print(wanted.json, { model, policy }, sentenceOf(model, policy));
  return EXIT.ok;
}

function sentenceOf(model: string, { canary, shadow, standby }: TrafficPolicyDocument): string {
  const members = [
    canary === undefined ? [] : `version ${canary.version} answers ${canary.percent} % as canary`,
    shadow === undefined ? [] : `version ${shadow.version} sees ${shadow.percent} % as shadow`,
    standby === undefined ? [] : `version ${standby.version} stands by`,
  ].flat();
  const all = members.length === 0 ? ['the champion answers everything'] : members;
  return `Model ${model}: ${all.join(', ')}`;
}
