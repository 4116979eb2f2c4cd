import { z } from 'zod';
import { apiKeyName } from '../../api/access/api-keys.js';
import { newApiKey } from '../api-key.js';
import { flag, FLAG, parseOptions, print, TEXT } from '../command-line.js';
import { CommandError, EXIT, type ExitCode } from '../exit-codes.js';
import { USAGE } from '../usage.js';

/** The whole of a list is refused when one entry is empty: a slip must not make a key good for more. */
const list = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .pipe(z.array(z.string().min(1, 'must not have an empty entry')));

const options = z.strictObject({
  name: apiKeyName,
  models: list.optional(),
  routes: list.optional(),
  'expires-in-days': z.coerce.number().positive().max(3_650).optional(),
  json: flag,
});

/** Makes a key. Nothing is written anywhere: the key is shown once, and its entry is for API_KEYS_FILE. */
export function runApiKey([action, ...args]: string[]): ExitCode {
  if (action !== 'new') throw new CommandError(EXIT.usage, `Expected api-key new\n\n${USAGE}`);
  const wanted = parseOptions(
    args,
    { name: TEXT, models: TEXT, routes: TEXT, 'expires-in-days': TEXT, json: FLAG },
    options,
  );
  const made = newApiKey(wanted.name, wanted['expires-in-days'], Date.now(), wanted);
  const { key, entry } = made;
  print(
    wanted.json,
    made,
    `${key}\n\nThis key is shown once. Hand it to its client, and add this below keys: in API_KEYS_FILE:\n\n` +
      `- ${Object.entries(entry)
        .map(([field, value]) => `${field}: ${JSON.stringify(value)}`)
        .join('\n  ')}`,
  );
  return EXIT.ok;
}
