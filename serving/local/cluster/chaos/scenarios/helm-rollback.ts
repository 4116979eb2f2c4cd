import type { Pod } from '../../pods.js';
import type { Scenario } from '../scenario.js';

const hashOf = ({ metadata }: Pod): string => metadata.labels['pod-template-hash'] ?? '';

export const helmRollback: Scenario = {
  name: 'helm-rollback',
  what: '`helm rollback` takes back a revision that has just been rolled out.',
  prepare: async ({ tier }) => {
    await tier.release();
    await tier.atRest();
  },
  run: async ({ tier, pods, mark, check }) => {
    const taken = new Set((await tier.readyPods()).map(hashOf));
    mark('rollback');
    await tier.rollback();
    await tier.atRest();
    mark('it is back');
    const left = (await tier.pods()).filter((pod) => taken.has(hashOf(pod)));
    check('no pod of the revision is left', left.length === 0, `${left.length} pods`);
    const { ready } = pods.moments[0]!;
    check(
      'never fewer pods than before were ready',
      pods.fewestReady >= ready,
      `${pods.fewestReady} at least`,
    );
  },
};
