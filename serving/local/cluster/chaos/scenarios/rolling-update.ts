import type { Scenario } from '../scenario.js';

export const rollingUpdate: Scenario = {
  name: 'rolling-update',
  what: 'A new revision replaces every pod, one after the other (`strategy.type: rolling`).',
  run: async ({ tier, pods, mark, check }) => {
    const before = new Set((await tier.readyPods()).map(({ metadata }) => metadata.name));
    mark('upgrade');
    await tier.release();
    await tier.atRest();
    mark('all are new');
    const kept = (await tier.pods()).filter(({ metadata }) => before.has(metadata.name));
    check('every pod was replaced', kept.length === 0, `${before.size - kept.length} of ${before.size}`);
    check(
      'never fewer pods than before were ready',
      pods.fewestReady >= before.size,
      `${pods.fewestReady} at least`,
    );
  },
};
