import type { AlertState } from '../prometheus-reader.js';
import type { AttackCounts } from './attack.js';
import { MESSAGE_KINDS } from './messages.js';
import type { Moment, Reading } from './moment.js';

/** Why an attack ended. */
export type AttackEnd =
  'the alert fires' | 'a ceiling is reached' | 'interrupted' | 'the notification arrived';

export interface AttackResult {
  readonly startedAt: string;
  readonly end: AttackEnd;
  readonly seconds: number;
  readonly counts: AttackCounts;
  readonly moments: readonly Moment[];
}

export interface AlertChange {
  readonly second: number;
  readonly state: AlertState;
}

/** What came of an attack, as figures; undefined where Prometheus said nothing of it. */
export interface AttackVerdict {
  readonly offered: number;
  readonly greatestOfferedRate: number;
  readonly greatestScoredRate: number | undefined;
  readonly greatestLag: number | undefined;
  readonly greatestP99Seconds: number | undefined;
  readonly greatestShedRatio: number | undefined;
  readonly greatestUtilisation: number | undefined;
  readonly greatestReplicas: number | undefined;
  readonly maxReplicas: number | undefined;
  /** Never more replicas than there may be; undefined: nobody counted them. */
  readonly ceilingHeld: boolean | undefined;
  readonly alertChanges: readonly AlertChange[];
}

export function verdictOn({ counts, moments }: Pick<AttackResult, 'counts' | 'moments'>): AttackVerdict {
  const greatest = (value: (reading: Reading) => number | undefined): number | undefined => {
    const values = moments.flatMap(({ reading }) => (reading && value(reading)) ?? []);
    return values.length === 0 ? undefined : Math.max(...values);
  };
  const greatestReplicas = greatest(({ replicas }) => replicas);
  const maxReplicas = greatest((reading) => reading.maxReplicas);
  return {
    offered: MESSAGE_KINDS.reduce((sum, kind) => sum + counts.offered[kind], 0),
    greatestOfferedRate: Math.max(0, ...moments.map(({ offeredRate }) => offeredRate)),
    greatestScoredRate: greatest(({ scoredRate }) => scoredRate),
    greatestLag: greatest(({ lag }) => lag),
    greatestP99Seconds: greatest(({ p99Seconds }) => p99Seconds),
    greatestShedRatio: greatest(({ shedRatio }) => shedRatio),
    greatestUtilisation: greatest(({ utilisation }) => utilisation),
    greatestReplicas,
    maxReplicas,
    ceilingHeld:
      greatestReplicas === undefined || maxReplicas === undefined
        ? undefined
        : greatestReplicas <= maxReplicas,
    alertChanges: alertChanges(moments),
  };
}

/** From which second on the alert was in which state, where that was seen. */
export function alertChanges(moments: readonly Moment[]): readonly AlertChange[] {
  const changes: AlertChange[] = [];
  for (const { second, reading } of moments) {
    if (reading !== undefined && reading.alert !== changes.at(-1)?.state) {
      changes.push({ second, state: reading.alert });
    }
  }
  return changes;
}
