import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { PlatformFailure } from './failure.js';

const random = (bytes: number): string => randomBytes(bytes).toString('base64url');

/** Younger than platforms that hold data: made up where it is missing. */
const younger = () =>
  z
    .string()
    .min(16)
    .default(() => random(24));

const schema = z.object({
  airflowPassword: z.string().min(1),
  airflowJwtSecret: z.string().min(1),
  airflowApiSecretKey: z.string().min(1),
  airflowFernetKey: z.string().min(1),
  mlflowWebhookEncryptionKey: z.string().min(1),
  mlflowWebhookSecret: z.string().min(1),
  servingAdminToken: z.string().min(1),
  retrainingRequestToken: younger(),
  notificationSinkToken: younger(),
});

export type Secrets = z.infer<typeof schema>;

/** Fernet wants 32 bytes in URL-safe base64 with its padding. */
const fernetKey = (): string => `${random(32)}=`;

/** Secrets of this machine's platform: generated once, readable by their owner alone, never in Git. */
export function loadSecrets(stateDir: string): Secrets {
  const file = path.join(stateDir, 'secrets.json');
  if (existsSync(file)) {
    const content = readFileSync(file, 'utf8');
    const parsed = schema.safeParse(JSON.parse(content));
    if (parsed.success) {
      const completed = `${JSON.stringify(parsed.data, null, 2)}\n`;
      if (completed !== content) writePrivateFile(file, completed);
      return parsed.data;
    }
    throw new PlatformFailure(
      `${file} is not a set of secrets of this version.`,
      'Run `make clean`, then `make up`.',
    );
  }
  const secrets: Secrets = {
    airflowPassword: random(12),
    airflowJwtSecret: random(32),
    airflowApiSecretKey: random(32),
    airflowFernetKey: fernetKey(),
    mlflowWebhookEncryptionKey: fernetKey(),
    mlflowWebhookSecret: random(32),
    servingAdminToken: random(24),
    retrainingRequestToken: random(24),
    notificationSinkToken: random(24),
  };
  writePrivateFile(file, `${JSON.stringify(secrets, null, 2)}\n`);
  return secrets;
}

/** Written beside and renamed, so that a full disk or a kill leaves no half-written secrets. */
export function writePrivateFile(file: string, content: string): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const partial = `${file}.partial`;
  writeFileSync(partial, content, { mode: 0o600 });
  chmodSync(partial, 0o600);
  renameSync(partial, file);
}
