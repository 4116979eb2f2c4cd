import { z } from 'zod';
import { reportOf } from '../../load-report.js';
import type { Scenario } from '../scenario.js';

const DOWN_SECONDS = 20;
const MLFLOW = 'mlflow';

const deploymentSchema = z.object({ spec: z.object({ replicas: z.number() }) });

export const mlflowDown: Scenario = {
  name: 'mlflow-down',
  what: `The registry is gone for ${DOWN_SECONDS} s: MLflow has no pod.`,
  run: async ({ tier, load, pods, afterwards, mark, steady, check }) => {
    const { kubernetes } = tier;
    const { spec } = await kubernetes.get(deploymentSchema, 'deployment', MLFLOW);
    const up = async (): Promise<void> => {
      await kubernetes.scale('deployment', MLFLOW, spec.replicas);
      await kubernetes.kubectl(['rollout', 'status', `deployment/${MLFLOW}`, '--timeout=180s'], {
        timeoutMs: 190_000,
      });
    };
    afterwards(up);
    await kubernetes.scale('deployment', MLFLOW, 0);
    await kubernetes.kubectl(
      ['wait', '--for=delete', 'pod', '-l', `app.kubernetes.io/name=${MLFLOW}`, '--timeout=60s'],
      { timeoutMs: 70_000 },
    );
    const downAt = mark('MLflow is gone');
    await steady(DOWN_SECONDS);
    const meanwhile = reportOf(load.records, { fromAt: downAt });
    mark('MLflow comes back');
    await up();
    mark('it is back');
    check(
      'one version answered all the while',
      Object.keys(meanwhile.byDigest).length === 1,
      Object.keys(meanwhile.byVersion).join(', '),
    );
    check(
      'every pod stayed ready',
      pods.fewestReady === pods.moments[0]!.ready,
      `${pods.fewestReady} at least`,
    );
    check('nothing was started again', pods.restarts === 0, `${pods.restarts} restarts`);
  },
};
