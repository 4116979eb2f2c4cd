import { z } from 'zod';
import { file, flag, FLAG, parseOptions, print, TEXT } from '../command-line.js';
import { CommandError, EXIT, type ExitCode } from '../exit-codes.js';
import { writeSigningKey } from '../signing-key.js';
import { USAGE } from '../usage.js';

const options = z.strictObject({ private: file, public: file, json: flag });

export async function runSigningKey([action, ...args]: string[]): Promise<ExitCode> {
  if (action !== 'new') throw new CommandError(EXIT.usage, `Expected signing-key new\n\n${USAGE}`);
  const wanted = parseOptions(args, { private: TEXT, public: TEXT, json: FLAG }, options);
  const keyId = await writeSigningKey(wanted.private, wanted.public);
  print(
    wanted.json,
    { key_id: keyId, private: wanted.private, public: wanted.public },
    `Key ${keyId}: ${wanted.private} signs (keep it where only bless can read it), ${wanted.public} checks`,
  );
  return EXIT.ok;
}
