import { askedByTrack } from '../asked-by-track.js';
import type { Scenario } from '../scenario.js';

const STEPS = [
  { active: 'stable', idle: 'blue', mark: 'blue comes up' },
  { active: 'blue', idle: 'green', mark: 'blue answers' },
  { active: 'green', idle: 'blue', mark: 'green answers' },
  { active: 'blue', idle: 'green', mark: 'blue again' },
] as const;

/** How long a colour is looked at before the next step. */
const LOOK_SECONDS = 5;

export const blueGreenSwitch: Scenario = {
  name: 'blue-green-switch',
  what: 'From one Deployment to two colours, to green and back to blue, each time by the switch of a Service (`strategy.type: blue-green-switch`).',
  run: async ({ tier, pods, afterwards, mark, steady, check }) => {
    const { ready } = pods.moments[0]!;
    const to = (active: string, idle: string): Promise<void> =>
      tier.upgrade([
        'strategy.type=blue-green-switch',
        `strategy.blueGreen.active=${active}`,
        `strategy.blueGreen.idle=${idle}`,
        `strategy.blueGreen.idleReplicas=${ready}`,
      ]);
    // The way back to one Deployment is by the same steps: no traffic goes where nobody is.
    afterwards(async () => {
      await to('blue', 'stable');
      await tier.atRest();
      await to('stable', 'blue');
    });
    for (const { active, idle, mark: text } of STEPS) {
      mark(text);
      await to(active, idle);
      await tier.atRest();
      const asked = await askedByTrack(tier, () => steady(LOOK_SECONDS));
      const others = [...asked].filter(([track, count]) => track !== active && count > 0);
      check(
        `${active} alone answers once it is switched to`,
        (asked.get(active) ?? 0) > 0 && others.length === 0,
        [...asked].map(([track, count]) => `${track} ${count}`).join(', '),
      );
    }
    check(
      'never fewer pods than before were ready',
      pods.fewestReady >= ready,
      `${pods.fewestReady} at least`,
    );
  },
};
