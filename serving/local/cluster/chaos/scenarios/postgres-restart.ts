import { CHAMPION } from '../../../../src/promotion/champion-mover.js';
import { PlatformFailure } from '../../../failure.js';
import { waitUntil } from '../../../wait-until.js';
import { isReady, podSchema } from '../../pods.js';
import type { Scenario } from '../scenario.js';

const POSTGRES = 'app.kubernetes.io/name=postgres';
const TIMEOUT_MS = 120_000;

export const postgresRestart: Scenario = {
  name: 'postgres-restart',
  what: 'The database of MLflow and Airflow stops while it is in use, and its container starts again on its data.',
  run: async ({ tier, pods, mark, check }) => {
    const { kubernetes, model } = tier;
    const database = async () => (await kubernetes.list(podSchema, 'pods', POSTGRES))[0];
    const before = await database();
    if (before === undefined) throw new PlatformFailure('The database is not in this cluster.');
    const restarts = before.status.containerStatuses[0]!.restartCount;
    const champion = await tier.askRegistry((registry) => registry.getModelVersionByAlias(model, CHAMPION));
    mark('it stops');
    // "Fast shutdown" in the words of PostgreSQL: connections are cut.
    await kubernetes.exec(before.metadata.name, ['bash', '-c', 'kill -INT 1']);
    await waitUntil(
      async () => {
        const now = await database();
        const [container] = now?.status.containerStatuses ?? [];
        return (now !== undefined && isReady(now) && container!.restartCount > restarts) || undefined;
      },
      { what: 'the database', timeoutMs: TIMEOUT_MS },
    );
    mark('it is back');
    const again = await waitUntil(
      () => tier.askRegistry((registry) => registry.getModelVersionByAlias(model, CHAMPION)),
      { what: 'MLflow to answer again', timeoutMs: TIMEOUT_MS },
    );
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
