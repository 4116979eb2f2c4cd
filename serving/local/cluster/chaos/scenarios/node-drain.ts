import { z } from 'zod';
import { waitUntil } from '../../../wait-until.js';
import type { Scenario } from '../scenario.js';

const DRAIN_TIMEOUT_MS = 240_000;

const nodeSchema = z.object({ spec: z.object({ unschedulable: z.boolean().default(false) }) });

export const nodeDrain: Scenario = {
  name: 'node-drain',
  what: "`kubectl drain` evicts the tier's pods of one node, as far as their PodDisruptionBudget lets it; the node takes new pods again at once, as another node would where there are several.",
  run: async ({ tier, pods, afterwards, mark, check }) => {
    const { kubernetes } = tier;
    const before = await tier.readyPods();
    const node = before[0]!.spec.nodeName!;
    const there = before.filter(({ spec }) => spec.nodeName === node);
    afterwards(() => kubernetes.kubectl(['uncordon', node]));
    // A drain knows no namespaces: what it may evict carries a mark.
    const label = `drained-by=chaos-${process.pid}`;
    for (const { metadata } of there) await kubernetes.kubectl(['label', 'pod', metadata.name, label]);
    mark('drain');
    const draining = kubernetes.kubectl(
      ['drain', node, '--ignore-daemonsets', '--delete-emptydir-data', `--pod-selector=${label}`],
      { timeoutMs: DRAIN_TIMEOUT_MS },
    );
    await waitUntil(
      async () => (await kubernetes.get(nodeSchema, 'node', node)).spec.unschedulable || undefined,
      { what: `${node} to be cordoned`, timeoutMs: 20_000, intervalMs: 100 },
    );
    await kubernetes.kubectl(['uncordon', node]);
    await draining;
    mark('drained');
    await tier.atRest();
    const names = new Set((await tier.pods()).map(({ metadata }) => metadata.name));
    const left = there.filter(({ metadata }) => names.has(metadata.name)).length;
    check('every pod of the node was evicted', left === 0, `${there.length - left} of ${there.length}`);
    check(
      'no more than one was missing at a time',
      pods.fewestReady >= before.length - 1,
      `${pods.fewestReady} of ${before.length} ready at least`,
    );
  },
};
