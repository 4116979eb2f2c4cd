import { waitUntil } from '../../../wait-until.js';
import { reportOf } from '../../load-report.js';
import { isReady } from '../../pods.js';
import type { Scenario } from '../scenario.js';

/** Long enough for a restart, were there one: three failed probes of liveness or more. */
const LOOK_SECONDS = 30;

export const unloadableModel: Scenario = {
  name: 'unloadable-model',
  what: 'A new revision follows an alias that nothing has: its pod has no model to serve.',
  run: async ({ tier, load, pods, afterwards, mark, steady, check }) => {
    const { ready } = pods.moments[0]!;
    const old = new Set(pods.pods.map(({ metadata }) => metadata.name));
    afterwards(() => tier.rollback());
    const upgradedAt = mark('upgrade');
    await tier.release(['model.alias=nobody']);
    const fresh = await waitUntil(
      () =>
        pods.pods.find(
          ({ metadata, status }) =>
            !old.has(metadata.name) && status.containerStatuses[0]?.state.running !== undefined,
        ),
      { what: 'the pod of the new revision to run', timeoutMs: 60_000 },
    );
    mark('a new pod runs');
    await steady(LOOK_SECONDS);
    const [now] = pods.pods.filter(({ metadata }) => metadata.name === fresh.metadata.name);
    const asked = await tier.predictionsByPod([fresh]);
    mark('enough');
    check(
      'the new pod is not ready',
      now !== undefined && !isReady(now),
      now === undefined ? 'gone' : 'not ready',
    );
    check(
      'it is asked for nothing',
      asked.get(fresh.metadata.name) === 0,
      `${asked.get(fresh.metadata.name)!} times`,
    );
    check('it is not started again for it', pods.restarts === 0, `${pods.restarts} restarts`);
    check('every old pod serves on', pods.fewestReady >= ready, `${pods.fewestReady} ready at least`);
    const { byVersion } = reportOf(load.records, { fromAt: upgradedAt });
    check(
      'one version answers',
      Object.keys(byVersion).length === 1,
      `version ${Object.keys(byVersion).join(', ')}`,
    );
  },
};
