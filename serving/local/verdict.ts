import { z } from 'zod';
import { bold, dim, green, red, yellow } from './console.js';

const gatesSchema = z.looseObject({
  selected: z.string().nullable(),
  dossiers: z.record(z.string(), z.string()).default({}),
  verdicts: z.record(
    z.string(),
    z.array(z.looseObject({ name: z.string(), verdict: z.string(), reason: z.string() })),
  ),
});

/**
 * Readable lines for what a task returned, if that is the verdict of the gates: all of the selected candidate's, and
 * of the others what stands against them. Anything else that a task returns is for the next task and not for the
 * reader.
 */
export function describeVerdict(value: unknown): string[] {
  const parsed = gatesSchema.safeParse(value);
  if (!parsed.success) return [];
  const { selected, verdicts, dossiers } = parsed.data;
  return Object.entries(verdicts).flatMap(([candidate, results]) => {
    const chosen = candidate === selected;
    const shown = results.filter(({ verdict }) =>
      chosen ? verdict !== NOT_APPLICABLE : isObjection(verdict),
    );
    const others = results.filter(({ verdict }) => verdict === NOT_APPLICABLE).map(({ name }) => name);
    const dossier = dossiers[candidate];
    return [
      `${bold(candidate)} ${summary(chosen, results)}`,
      ...shown.map(({ name, verdict, reason }) => `  ${painted(verdict)} ${name}: ${reason}`),
      ...(chosen && others.length > 0 ? [`  ${dim(`not applicable: ${others.join(', ')}`)}`] : []),
      ...(dossier !== undefined && (chosen || selected === null) ? [`  dossier: ${dossier}`] : []),
    ];
  });
}

const NOT_APPLICABLE = 'not_applicable';

function isObjection(verdict: string): boolean {
  return verdict !== 'passed' && verdict !== NOT_APPLICABLE;
}

function summary(chosen: boolean, results: readonly { readonly verdict: string }[]): string {
  if (chosen) return 'selected';
  if (results.some(({ verdict }) => verdict === 'failed')) return 'rejected';
  return dim('passed, not selected');
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
      return verdict;
  }
}
