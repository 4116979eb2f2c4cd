import { askedByTrack } from '../asked-by-track.js';
import { isPlausibleShare } from '../plausible-share.js';
import type { Scenario } from '../scenario.js';

const WEIGHTS = [10, 50, 100];
/** So many requests that a share can be told from another. */
const LOOK_SECONDS = 12;

export const canary: Scenario = {
  name: 'canary',
  what: 'A canary gets 10, 50 and 100 percent of the requests by weights of the Gateway (`strategy.type: canary-gateway`).',
  run: async ({ tier, mark, steady, check }) => {
    const weigh = async (weight: number): Promise<void> => {
      await tier.upgrade(['strategy.type=canary-gateway', `strategy.canary.weight=${weight}`]);
      await tier.atRest();
    };
    mark('canary comes up');
    await weigh(0);
    for (const weight of WEIGHTS) {
      await weigh(weight);
      mark(`${weight} %`);
      // Until every proxy knows.
      await steady(2);
      const asked = await askedByTrack(tier, () => steady(LOOK_SECONDS));
      const canaries = asked.get('canary') ?? 0;
      const all = [...asked.values()].reduce((sum, count) => sum + count, 0);
      check(
        `the canary answers ${weight} percent`,
        isPlausibleShare(canaries, all, weight / 100),
        `${canaries} of ${all}, ${((canaries / all) * 100).toFixed(1)} %`,
      );
    }
    await weigh(0);
    mark('0 %');
  },
};
