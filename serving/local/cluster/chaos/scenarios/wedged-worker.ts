import { waitUntil } from '../../../wait-until.js';
import { freeze, podProcesses } from '../pod-processes.js';
import type { Scenario } from '../scenario.js';

const HANG_TIMEOUT_SECONDS = 5;

export const wedgedWorker: Scenario = {
  name: 'wedged-worker',
  what: `One of two workers of a pod stops in the middle of everything (SIGSTOP), where WORKER_HANG_TIMEOUT_SECONDS is ${HANG_TIMEOUT_SECONDS}.`,
  prepare: async ({ tier }) => {
    await tier.release(['config.WORKERS=2', `config.WORKER_HANG_TIMEOUT_SECONDS=${HANG_TIMEOUT_SECONDS}`]);
    await tier.atRest();
  },
  run: async ({ tier, pods, afterwards, mark, check }) => {
    const [pod] = await tier.readyPods();
    const workers = async (): Promise<readonly number[]> =>
      (await tier.status(pod!)).workers.filter(({ ready }) => ready).map(({ pid }) => pid);
    const before = await waitUntil(
      async () => {
        const ready = await workers();
        return ready.length === 2 ? ready : undefined;
      },
      { what: 'both workers', timeoutMs: 60_000 },
    );
    const victim = podProcesses(pod!).filter(({ inside }) => inside === before[0]);
    const stopped = mark('stopped');
    freeze(victim, afterwards);
    const after = await waitUntil(
      async () => {
        const ready = await workers();
        return ready.length === 2 && !ready.includes(before[0]!) ? ready : undefined;
      },
      { what: 'another worker in its place', timeoutMs: 60_000 },
    );
    const replaced = mark('replaced');
    check(
      'another worker took its place',
      after.includes(before[1]!),
      `after ${((replaced - stopped) / 1_000).toFixed(0)} s, and the other one stayed`,
    );
    check('the pod was not started again', pods.restarts === 0, `${pods.restarts} restarts`);
  },
};
