import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { notificationLine } from './notification-line.js';
import { startNotificationSink } from './notification-sink.js';

const USAGE = 'usage: main.js --folder DIR [--smtp-port 8025] [--webhook-port 8026] [--token-file FILE]';

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);
const options = z.object({
  folder: z.string().min(1),
  'smtp-port': port(8025),
  'webhook-port': port(8026),
  'token-file': z
    .string()
    .min(1)
    .optional()
    .transform((file) => (file === undefined ? undefined : readFileSync(file, 'utf8').trim()))
    .pipe(z.string().min(16, 'The token has fewer than 16 characters').optional()),
});

/** Prints a line for each notification; the watchdog's first one alone, since it comes every minute. */
async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      folder: { type: 'string' },
      'smtp-port': { type: 'string' },
      'webhook-port': { type: 'string' },
      'token-file': { type: 'string' },
    },
  });
  const {
    folder,
    'smtp-port': smtpPort,
    'webhook-port': webhookPort,
    'token-file': token,
  } = options.parse(values);
  let watched = false;
  const sink = await startNotificationSink({
    folder,
    smtpPort,
    webhookPort,
    token,
    onNotification(notification) {
      const isWatchdog = notification.channel === 'watchdog';
      if (!isWatchdog || !watched) process.stdout.write(`${notificationLine(notification)}\n`);
      watched ||= isWatchdog;
    },
  });
  process.stdout.write(`notifications: smtp ${sink.smtpPort}, http ${sink.webhookPort}, kept in ${folder}\n`);
  const stop = (): void => {
    void sink.close().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
  process.stderr.write(`${reason}\n${USAGE}\n`);
  process.exit(2);
});
