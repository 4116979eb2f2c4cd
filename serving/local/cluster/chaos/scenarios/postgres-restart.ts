import { waitUntil } from '../../../wait-until.js';
import { CHAMPION } from '../../../../src/promotion/champion-mover.js';
import { isReady, podSchema } from '../../pods.js';
import type { Scenario } from '../scenario.js';

const POSTGRES = 'app.kubernetes.io/name=postgres';
const TIMEOUT_MS = 120_000;

export const postgresRestart: Scenario = {
  name: 'postgres-restart',
  what: 'The database of MLflow and Airflow is started again: its pod is deleted and comes back with its data.',
  run: async ({ tier, pods, mark, check }) => {
    const { kubernetes, connections, model } = tier;
    const [before] = await kubernetes.list(podSchema, 'pods', POSTGRES);
    const champion = await (await connections.registry()).getModelVersionByAlias(model, CHAMPION);
    mark('restart');
    await kubernetes.delete('pod', before!.metadata.name);
    await waitUntil(
      async () => (await kubernetes.list(podSchema, 'pods', POSTGRES)).some(isReady) || undefined,
      {
        what: 'the database',
        timeoutMs: TIMEOUT_MS,
      },
    );
    mark('it is back');
    const registry = await connections.registry();
    const again = await waitUntil(() => registry.getModelVersionByAlias(model, CHAMPION), {
      what: 'MLflow to answer again',
      timeoutMs: TIMEOUT_MS,
    });
    mark('MLflow answers');
    check(
      'the registry has what it had',
      again.version === champion.version,
      `champion is version ${again.version}`,
    );
    check(
      'every pod stayed ready',
      pods.fewestReady === pods.moments[0]!.ready,
      `${pods.fewestReady} at least`,
    );
    check('nothing was started again', pods.restarts === 0, `${pods.restarts} restarts`);
  },
};
