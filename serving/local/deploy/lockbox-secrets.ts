import { z } from 'zod';
import type { Command } from './deploy-step.js';
import type { TerraformOutputs } from './terraform-outputs.js';

type Secrets = NonNullable<TerraformOutputs['secrets']>;

/** As much as is read of what `yc lockbox secret get --format json` prints. It has the names of keys, and no values. */
const secretSchema = z.object({
  current_version: z.object({ payload_entry_keys: z.array(z.string()).default([]) }).optional(),
});

/** Looks whether each secret that a person fills has been filled, without reading what it holds. */
export function lockboxLookUps({ folder_id, prefix, from_elsewhere }: Secrets): readonly Command[] {
  return Object.entries(from_elsewhere).map(([name, keys]) => ({
    file: 'yc',
    args: [
      'lockbox',
      'secret',
      'get',
      '--name',
      `${prefix}${name}`,
      '--folder-id',
      folder_id,
      '--format',
      'json',
    ],
    check: (output) => {
      const missing = missingKeys(output, keys);
      if (missing.length === 0) return undefined;
      const payload = JSON.stringify(keys.map((key) => ({ key, text_value: '...' })));
      return (
        `The secret ${prefix}${name} has no ${missing.join(', ')}. Fill it: ` +
        `yc lockbox secret add-version --name ${prefix}${name} --folder-id ${folder_id} --payload - <<< '${payload}'`
      );
    },
  }));
}

/** Those keys that a secret has no value for. */
export function missingKeys(printed: string, keys: readonly string[]): readonly string[] {
  const { current_version: version } = secretSchema.parse(JSON.parse(printed));
  const filled = new Set(version?.payload_entry_keys ?? []);
  return keys.filter((key) => !filled.has(key));
}
