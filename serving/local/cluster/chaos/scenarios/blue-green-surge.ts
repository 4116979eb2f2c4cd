import type { Scenario } from '../scenario.js';

export const blueGreenSurge: Scenario = {
  name: 'blue-green-surge',
  what: 'A new revision comes up whole beside the old one, then the old one goes (`strategy.type: blue-green`, by surge).',
  run: async ({ tier, pods, mark, check }) => {
    const { ready } = pods.moments[0]!;
    mark('upgrade');
    await tier.release(['strategy.type=blue-green']);
    await tier.atRest();
    mark('all are new');
    check('there was room for both', pods.most >= 2 * ready, `${pods.most} pods at once, ${ready} at rest`);
    check(
      'never fewer pods than before were ready',
      pods.fewestReady >= ready,
      `${pods.fewestReady} at least`,
    );
  },
};
