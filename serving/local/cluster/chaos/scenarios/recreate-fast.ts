import { outageSeconds } from '../outage.js';
import type { Scenario } from '../scenario.js';

/** From when nobody answers to when somebody does: the start of a process and the load of a model. */
const MAX_OUTAGE_SECONDS = 30;

export const recreateFast: Scenario = {
  name: 'recreate-fast',
  what: 'A new revision replaces all pods at once, without room for more (`strategy.type: recreate-fast`). This one may fail requests: its outage is the figure.',
  mayFail: true,
  run: async ({ tier, load, mark, steady, check }) => {
    const upgradedAt = mark('upgrade');
    await tier.release(['strategy.type=recreate-fast']);
    await tier.atRest();
    const backAt = mark('all are new');
    await steady(3);
    const records = load.records.filter(({ at }) => at >= upgradedAt);
    const outage = outageSeconds(records);
    check(
      `nobody was answered for at most ${MAX_OUTAGE_SECONDS} s`,
      outage <= MAX_OUTAGE_SECONDS,
      `an outage of ${outage.toFixed(1)} s`,
    );
    const after = records.filter(({ at }) => at >= backAt);
    const failed = after.filter(({ failure }) => failure !== undefined).length;
    check(
      'everybody is answered again',
      after.length > 0 && failed === 0,
      `${failed} of ${after.length} failed`,
    );
  },
};
