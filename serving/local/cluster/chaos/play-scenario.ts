import { setTimeout as sleep } from 'node:timers/promises';
import { say } from '../../console.js';
import { messageOf } from '../../failure.js';
import type { Check } from '../../game-day/game-day-verdict.js';
import { ConstantLoad, moment } from '../constant-load.js';
import { SERVING_PODS } from '../cluster-fleet.js';
import type { ClusterTier } from './cluster-tier.js';
import { PodWatch } from './pod-watch.js';
import { NO_FAILURES, type Mark, type Played, type Scenario } from './scenario.js';

/** Before anything happens, and after: what a tier in peace looks like is to be seen too. */
const PEACE_SECONDS = 4;

/**
 * Plays one scenario under load, and leaves the tier as it was.
 * @throws when it can't be left as it was, or can't even be prepared
 */
export async function playScenario(scenario: Scenario, tier: ClusterTier): Promise<Played> {
  const restores: (() => Promise<unknown>)[] = [];
  const afterwards = (restore: () => Promise<unknown>): void => void restores.push(restore);
  try {
    await tier.atRest();
    await scenario.prepare?.({ tier, afterwards });
    return await underLoad(scenario, tier, afterwards);
  } finally {
    for (const restore of restores.toReversed()) await restore();
    await tier.restore();
  }
}

async function underLoad(
  { name, what, mayFail, run }: Scenario,
  tier: ClusterTier,
  afterwards: (restore: () => Promise<unknown>) => void,
): Promise<Played> {
  const startedAt = new Date().toISOString();
  const checks: Check[] = [];
  const marks: Mark[] = [];
  const pods = await PodWatch.start(tier.kubernetes, SERVING_PODS);
  const load = await ConstantLoad.start(tier.plan);
  try {
    await sleep(PEACE_SECONDS * 1_000);
    const failure = await run({
      tier,
      load,
      pods,
      afterwards,
      mark: (text) => {
        const at = moment();
        marks.push({ at, text });
        say(text);
        return at;
      },
      steady: (seconds) => sleep(seconds * 1_000),
      check: (checked, passed, found) => checks.push({ what: checked, passed, found }),
    }).then(
      () => undefined,
      (error: unknown) => messageOf(error),
    );
    // What clients saw until then is worth more than a stack.
    if (failure !== undefined) checks.push({ what: 'it went as it should', passed: false, found: failure });
    await sleep(PEACE_SECONDS * 1_000);
  } finally {
    pods.stop();
    await load.stop();
  }
  const report = await load.stop();
  if (mayFail !== true) {
    const found = `${report.failed} of ${report.requests}`;
    checks.unshift({ what: NO_FAILURES, passed: report.failed === 0 && report.requests > 0, found });
  }
  return { name, what, startedAt, load: report, checks, marks, pods: pods.moments, records: load.records };
}
