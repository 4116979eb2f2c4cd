import { expect } from 'chai';
import { isUnderWay, workloadSchema } from '../../../../local/cluster/workloads.js';

function workload(
  kind: string,
  status: object,
  { generation = 2, replicas }: { generation?: number; replicas?: number } = {},
) {
  const template = { spec: { containers: [] } };
  const spec = { template, ...(replicas === undefined ? {} : { replicas }) };
  return workloadSchema.parse({ kind, metadata: { name: 'one', generation }, spec, status });
}

const settled = { observedGeneration: 2, readyReplicas: 2, updatedReplicas: 2, replicas: 2 };

describe('a workload is under way', () => {
  for (const [what, status] of [
    ['while its controller has not seen the last change', { ...settled, observedGeneration: 1 }],
    ['while a pod is not ready', { ...settled, readyReplicas: 1 }],
    ['while a pod is of before the last change', { ...settled, updatedReplicas: 1 }],
    ['while a pod is to go', { ...settled, replicas: 3 }],
    ['while there is nothing', {}],
  ] as const) {
    it(what, () => {
      expect(isUnderWay(workload('Deployment', status, { replicas: 2 }))).to.equal(true);
    });
  }

  it('and then not any more', () => {
    expect(isUnderWay(workload('Deployment', settled, { replicas: 2 }))).to.equal(false);
    const none = { observedGeneration: 2 };
    expect(isUnderWay(workload('StatefulSet', none, { replicas: 0 })), 'switched off').to.equal(false);
  });

  it('as a Job, until it has succeeded', () => {
    expect(isUnderWay(workload('Job', { failed: 1 }))).to.equal(true);
    expect(isUnderWay(workload('Job', { failed: 1, succeeded: 1 }))).to.equal(false);
  });
});
