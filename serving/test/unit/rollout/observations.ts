import type { Evidence, Observed, RegistryEvidence, VersionCounts } from '../../../src/rollout/evidence.js';

/** So many requests with scores around 0.3, none of which went wrong unless told. */
export function counts(
  requests: number,
  { failures = 0, slow = 0, score = 0.3 }: { failures?: number; slow?: number; score?: number } = {},
): VersionCounts {
  const answers = requests - failures;
  return {
    failures: { events: failures, trials: requests },
    slow: { events: slow, trials: answers },
    score: answers === 0 ? undefined : { value: score, variance: 0.04, rows: answers },
  };
}

/** Two versions that are alike, in some thousand requests. */
export function observed(overrides: Partial<Observed> = {}): Observed {
  return {
    candidate: counts(5_000),
    baseline: counts(20_000),
    against: 'champion 6 at the same time',
    paired: undefined,
    auc: undefined,
    ...overrides,
  };
}

/** What a look finds when nothing is in the way. */
export function evidenceOf(
  seen: Observed,
  registry: Partial<RegistryEvidence> = {},
  roleAvailable = true,
): Evidence {
  return {
    registry: { champion: '6', quarantine: undefined, policy: 'as-written', ...registry },
    traffic: { silent: undefined, roleAvailable, observed: seen },
  };
}
