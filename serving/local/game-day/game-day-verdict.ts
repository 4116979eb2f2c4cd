import type { PhaseFigures } from './steady-clients.js';

/** What a game day has shown, in seconds since the attack began; undefined: it did not happen. */
export interface GameDay {
  readonly firingMessageAt: number | undefined;
  readonly resolvedMessageAt: number | undefined;
  readonly backToMinimumAt: number | undefined;
  readonly greatestReplicas: number | undefined;
  readonly maxReplicas: number;
  readonly minReplicas: number;
  readonly clients: readonly PhaseFigures[];
}

export interface Check {
  readonly what: string;
  readonly passed: boolean;
  readonly found: string;
}

/** Of other clients' requests, in every phase: an attack is no reason to turn them away. */
const SUCCESS_RATE = 0.999;

/** What a game day must show. */
export function checksOf(day: GameDay): readonly Check[] {
  const at = (second: number | undefined): string =>
    second === undefined ? 'never' : `after ${second.toFixed(0)} s`;
  const { greatestReplicas, maxReplicas } = day;
  return [
    {
      what: 'the alert reached the administrator',
      passed: day.firingMessageAt !== undefined,
      found: at(day.firingMessageAt),
    },
    {
      what: 'its resolution too, when the attack was over',
      passed: day.resolvedMessageAt !== undefined,
      found: at(day.resolvedMessageAt),
    },
    {
      what: `replicas came back to ${day.minReplicas}`,
      passed: day.backToMinimumAt !== undefined,
      found: at(day.backToMinimumAt),
    },
    {
      what: `there were never more than ${maxReplicas} replicas`,
      // What nobody counted was not held either.
      passed: greatestReplicas !== undefined && greatestReplicas <= maxReplicas,
      found: greatestReplicas === undefined ? 'not counted' : `${greatestReplicas} at most`,
    },
    ...day.clients.map(({ phase, requests, successRate, p99Ms }) => ({
      what: `other clients are answered ${phase} the attack`,
      passed: requests > 0 && successRate >= SUCCESS_RATE,
      found: `${(successRate * 100).toFixed(2)} % of ${requests}, p99 ${p99Ms.toFixed(0)} ms`,
    })),
  ];
}
