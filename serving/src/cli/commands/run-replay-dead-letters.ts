import { z } from 'zod';
import { readStreamConfig } from '../../config.js';
import { replayDeadLetters } from '../../stream/dead-letter-replay.js';
import { DEAD_LETTER_REASONS } from '../../stream/disposition.js';
import { flag, FLAG, parseOptions, print, TEXT } from '../command-line.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { replayTable } from '../replay-table.js';

const options = z.strictObject({
  reason: z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(z.enum(DEAD_LETTER_REASONS)).min(1))
    .default([...DEAD_LETTER_REASONS]),
  limit: z.coerce.number().int().positive().default(Number.MAX_SAFE_INTEGER),
  'max-replays': z.coerce.number().int().positive().default(3),
  'dry-run': flag,
  json: flag,
});

/** Sends dead letters back to the topic that they came from. */
export async function runReplayDeadLetters(args: string[]): Promise<ExitCode> {
  const wanted = parseOptions(
    args,
    { reason: TEXT, limit: TEXT, 'max-replays': TEXT, 'dry-run': FLAG, json: FLAG },
    options,
  );
  const report = await replayDeadLetters(readStreamConfig().stream, {
    reasons: wanted.reason,
    limit: wanted.limit,
    maxReplays: wanted['max-replays'],
    dryRun: wanted['dry-run'],
  });
  const { dryRun, isComplete, reasons } = report;
  print(wanted.json, { dry_run: dryRun, complete: isComplete, reasons }, replayTable(report));
  return EXIT.ok;
}
