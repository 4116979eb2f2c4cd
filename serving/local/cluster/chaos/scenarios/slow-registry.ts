import { z } from 'zod';
import { isReady } from '../../pods.js';
import { nodePod } from '../node-pod.js';
import type { Scenario } from '../scenario.js';

const DELAY_MS = 2_000;
const NAME = 'slow-registry';
const PORT = 5_000;

/** Hands every request on, late. The tier's image has Node, and nothing else is needed. */
const PROXY = `
const { createServer, request } = require("node:http");
createServer((incoming, outgoing) => {
  setTimeout(() => {
    const { host, ...headers } = incoming.headers;
    const call = request(new URL(incoming.url, process.env.UPSTREAM), { method: incoming.method, headers });
    call.on("response", (answer) => answer.pipe(outgoing.writeHead(answer.statusCode, answer.headers)));
    call.on("error", () => outgoing.destroy());
    incoming.pipe(call);
  }, ${DELAY_MS});
}).listen(${PORT});
`;

const configMapSchema = z.object({ data: z.object({ MLFLOW_TRACKING_URI: z.string() }) });

export const slowRegistry: Scenario = {
  name: 'slow-registry',
  what: `New pods start while the registry takes ${DELAY_MS / 1_000} s for every answer.`,
  prepare: async ({ tier, afterwards }) => {
    const { kubernetes } = tier;
    const { data } = await kubernetes.get(configMapSchema, 'configmap', 'serving');
    const [pod] = await tier.readyPods();
    const labels = { 'app.kubernetes.io/name': NAME };
    const proxies = { podSelector: { matchLabels: labels } };
    const policy = (name: string, spec: object): object => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: `${NAME}-${name}` },
      spec,
    });
    afterwards(async () => {
      await kubernetes.delete('pod', NAME);
      await kubernetes.delete('service', NAME);
      for (const name of ['proxy', 'registry', 'tier'])
        await kubernetes.delete('networkpolicy', `${NAME}-${name}`);
    });
    await kubernetes.apply(
      nodePod({
        name: NAME,
        image: pod!.spec.containers[0]!.image,
        labels,
        script: PROXY,
        env: { UPSTREAM: data.MLFLOW_TRACKING_URI },
        port: PORT,
      }),
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: NAME },
        spec: { selector: labels, ports: [{ port: PORT }] },
      },
      policy('proxy', { ...proxies, policyTypes: ['Ingress', 'Egress'], ingress: [{}], egress: [{}] }),
      policy('registry', {
        podSelector: { matchLabels: { 'app.kubernetes.io/name': 'mlflow' } },
        policyTypes: ['Ingress'],
        ingress: [{ from: [proxies] }],
      }),
      policy('tier', {
        podSelector: { matchLabels: { 'app.kubernetes.io/name': 'serving' } },
        policyTypes: ['Egress'],
        egress: [{ to: [proxies] }],
      }),
    );
    await kubernetes.kubectl(['wait', '--for=condition=Ready', `pod/${NAME}`, '--timeout=60s'], {
      timeoutMs: 70_000,
    });
    // The proxy goes last: pods that follow it must not lose it first.
    afterwards(() => tier.restore());
  },
  run: async ({ tier, pods, mark, steady, check }) => {
    const { ready } = pods.moments[0]!;
    const upgraded = mark('upgrade');
    await tier.release([`registry.url=http://${NAME}:${PORT}`, 'strategy.type=blue-green']);
    await tier.atRest();
    const done = mark('all are new');
    await steady(10);
    check(
      'every new pod became ready',
      pods.pods.every(isReady),
      `after ${((done - upgraded) / 1_000).toFixed(0)} s`,
    );
    check('nothing was started again', pods.restarts === 0, `${pods.restarts} restarts`);
    check(
      'never fewer pods than before were ready',
      pods.fewestReady >= ready,
      `${pods.fewestReady} at least`,
    );
  },
};
