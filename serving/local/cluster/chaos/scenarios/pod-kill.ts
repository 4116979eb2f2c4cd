import type { Scenario } from '../scenario.js';

export const podKill: Scenario = {
  name: 'pod-kill',
  what: 'A pod is gone without a chance to finish (`kubectl delete pod --grace-period=0 --force`).',
  run: async ({ tier, mark, check }) => {
    const [pod] = await tier.readyPods();
    const { name } = pod!.metadata;
    mark('delete');
    await tier.kubernetes.kubectl(['delete', 'pod', name, '--grace-period=0', '--force']);
    await tier.atRest();
    mark('another is there');
    const names = (await tier.pods()).map(({ metadata }) => metadata.name);
    check(
      'another pod took its place',
      !names.includes(name),
      `${names.length} pods, and ${name} is not among them`,
    );
  },
};
