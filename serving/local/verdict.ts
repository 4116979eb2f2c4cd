import { z } from 'zod';
import { bold, dim, green, red, yellow } from './console.js';

const gatesSchema = z.looseObject({
  selected: z.string().nullable(),
  verdicts: z.record(
    z.string(),
    z.array(z.looseObject({ name: z.string(), verdict: z.string(), reason: z.string() })),
  ),
});

/**
 * Readable lines for what a task returned, if that is the verdict of the gates. Anything else that a task
 * returns is for the next task and not for the reader.
 */
export function describeVerdict(value: unknown): string[] {
  const parsed = gatesSchema.safeParse(value);
  if (!parsed.success) return [];
  const { selected, verdicts } = parsed.data;
  return Object.entries(verdicts).flatMap(([candidate, results]) => [
    `${bold(candidate)}${candidate === selected ? ' selected' : ''}`,
    ...results.map(({ name, verdict, reason }) => `  ${painted(verdict)} ${name}: ${reason}`),
  ]);
}

function painted(verdict: string): string {
  switch (verdict) {
    case 'passed':
      return green('passed');
    case 'failed':
      return red('failed');
    case 'needs_approval':
      return yellow('needs approval');
    default:
      return dim(verdict.replaceAll('_', ' '));
  }
}
