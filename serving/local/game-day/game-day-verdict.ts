import type { AlertChange } from '../attack/attack-verdict.js';
import type { Channel } from './alert-messages.js';
import type { PhaseFigures } from './steady-clients.js';

/** What a game day has shown, in seconds since the attack began; undefined: it did not happen. */
export interface GameDay {
  readonly firingMessageAt: number | undefined;
  readonly resolvedMessageAt: number | undefined;
  /** By which the first message came. */
  readonly channels: readonly Channel[];
  /** For how many seconds the alert was pending, and for how many its rule says so. */
  readonly hold: { readonly due: number | undefined; readonly waited: number | undefined };
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

/** The alert is looked at once a second. */
const LOOK_SECONDS = 2;
const CHANNELS: readonly Channel[] = ['email', 'telegram', 'webhook'];

/** For how long the alert was pending before it fired; undefined: it did not fire, or nobody saw it pending. */
export function pendingSeconds(changes: readonly AlertChange[]): number | undefined {
  const firing = changes.findIndex(({ state }) => state === 'firing');
  const before = changes[firing - 1];
  return before?.state === 'pending' ? changes[firing]!.second - before.second : undefined;
}

/** What a game day must show. */
export function checksOf(day: GameDay): readonly Check[] {
  const at = (second: number | undefined): string =>
    second === undefined ? 'never' : `after ${second.toFixed(0)} s`;
  const { greatestReplicas, maxReplicas, hold, channels } = day;
  return [
    {
      what: `replicas rose to ${maxReplicas}`,
      passed: greatestReplicas !== undefined && greatestReplicas >= maxReplicas,
      found: greatestReplicas === undefined ? 'not counted' : `${greatestReplicas} at most`,
    },
    {
      what: `the alert fired when it had been true for ${hold.due ?? '?'} s`,
      passed: hold.due !== undefined && hold.waited !== undefined && hold.waited >= hold.due - LOOK_SECONDS,
      found: hold.waited === undefined ? 'not seen' : `pending for ${hold.waited.toFixed(0)} s`,
    },
    {
      what: 'the alert reached the administrator',
      passed: day.firingMessageAt !== undefined,
      found: at(day.firingMessageAt),
    },
    {
      what: `it came by ${CHANNELS.join(', ')}`,
      passed: CHANNELS.every((channel) => channels.includes(channel)),
      found: channels.join(', ') || 'by none',
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
