import { waitUntil } from '../../../wait-until.js';
import { podProcesses } from '../pod-processes.js';
import type { Scenario } from '../scenario.js';

export const processKill: Scenario = {
  name: 'process-kill',
  what: "The first process of a pod's container is killed from outside, as the kernel does when memory is short (`kill -9`).",
  run: async ({ tier, pods, mark, check }) => {
    const [pod] = await tier.readyPods();
    const [first] = podProcesses(pod!);
    mark('kill -9');
    process.kill(first!.pid, 'SIGKILL');
    await waitUntil(() => pods.restarts > 0 || undefined, {
      what: 'the container to be started again',
      timeoutMs: 60_000,
    });
    await tier.atRest();
    mark('it is back');
    check('its container was started again, and no other', pods.restarts === 1, `${pods.restarts} restarts`);
  },
};
