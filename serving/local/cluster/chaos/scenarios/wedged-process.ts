import { waitUntil } from '../../../wait-until.js';
import { freeze, podProcesses } from '../pod-processes.js';
import type { Scenario } from '../scenario.js';

/** Four probes of liveness that fail, ten seconds apart, and what the container has to end. */
const RESTART_TIMEOUT_MS = 150_000;

export const wedgedProcess: Scenario = {
  name: 'wedged-process',
  what: 'All processes of a pod stop in the middle of everything and answer nobody, nor do they end (SIGSTOP).',
  run: async ({ tier, pods, afterwards, mark, check }) => {
    const [pod] = await tier.readyPods();
    const stopped = mark('stopped');
    freeze(podProcesses(pod!), afterwards);
    await waitUntil(() => pods.restarts > 0 || undefined, {
      what: 'the container to be started again',
      timeoutMs: RESTART_TIMEOUT_MS,
    });
    const again = mark('started again');
    await tier.atRest();
    check(
      'its container was started again, and no other',
      pods.restarts === 1,
      `after ${((again - stopped) / 1_000).toFixed(0)} s`,
    );
  },
};
