import { z } from 'zod';
import { PlatformFailure } from '../../../failure.js';
import { Kubernetes } from '../../kubernetes.js';
import { isReady, podSchema } from '../../pods.js';
import { nodePod } from '../node-pod.js';
import { isAllowed, networkPolicySchema, type PolicyPod } from '../network-policies.js';
import type { Scenario, Stage } from '../scenario.js';

/** Pods that are made for this, in the platform's namespace and in one of its own. */
const STRANGER = 'stranger';
const OUTSIDER = 'outsider';
const OUTSIDE = 'chaos-outside';
const CONNECT_TIMEOUT_MS = 3_000;

/** A connection that is open or closed, between pods by their label app.kubernetes.io/name. */
export interface Way {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly open: boolean;
}

const WAYS: readonly Way[] = [
  { from: STRANGER, to: 'serving', port: 8082, open: false },
  { from: STRANGER, to: 'mlflow', port: 5000, open: false },
  { from: STRANGER, to: 'postgres', port: 5432, open: false },
  { from: STRANGER, to: 's3', port: 7070, open: false },
  { from: OUTSIDER, to: 'serving', port: 8082, open: false },
  { from: OUTSIDER, to: 'mlflow', port: 5000, open: false },
  { from: OUTSIDER, to: 'postgres', port: 5432, open: false },
  { from: OUTSIDER, to: 'airflow', port: 8080, open: false },
  { from: 'serving', to: 'postgres', port: 5432, open: false },
  { from: 'serving', to: 's3', port: 7070, open: false },
  { from: 'serving', to: 'airflow', port: 8080, open: false },
  { from: 'serving', to: 'mlflow', port: 5000, open: true },
  { from: 'airflow', to: 'serving', port: 8082, open: true },
  { from: 'airflow', to: 'mlflow', port: 5000, open: true },
  { from: 'mlflow', to: 'postgres', port: 5432, open: true },
  { from: 'mlflow', to: 's3', port: 7070, open: true },
];
/** Whose image has Node: they try themselves. */
const TRY = [STRANGER, OUTSIDER, 'serving'];

const wholePodSchema = podSchema.extend({
  spec: z.object({
    containers: z.array(
      z.object({
        name: z.string(),
        image: z.string(),
        ports: z.array(z.object({ name: z.string().optional(), containerPort: z.number() })).default([]),
      }),
    ),
  }),
});
const namespaceSchema = z.object({
  metadata: z.object({ labels: z.record(z.string(), z.string()).default({}) }),
});

interface Found {
  /** Of the pod itself. */
  readonly name: string;
  readonly kubernetes: Kubernetes;
  readonly pod: PolicyPod;
}

export const networkPolicies: Scenario = {
  name: 'network-policies',
  what: 'Pods that have no business with each other try to connect: a stranger in the namespace, one outside of it, and the tier itself.',
  run: async ({ tier, afterwards, mark, check }) => {
    const { kubernetes } = tier;
    const [served] = await tier.readyPods();
    await makeStrangers(kubernetes, served!.spec.containers[0]!.image, afterwards);
    mark('strangers are there');
    const pods = new Map([...(await podsByName(kubernetes)), ...(await podsByName(new Kubernetes(OUTSIDE)))]);
    const policies = await kubernetes.list(networkPolicySchema, 'networkpolicies');
    const wrong = WAYS.filter(
      ({ from, to, port, open }) => isAllowed(policies, of(pods, from).pod, of(pods, to).pod, port) !== open,
    );
    check(
      'the NetworkPolicies say what is open and what is closed',
      wrong.length === 0,
      wrong.length === 0 ? `${WAYS.length} ways, by the objects themselves` : wrong.map(sayWay).join(', '),
    );

    const tried = (
      await Promise.all(TRY.map((from) => attempts(of(pods, from), waysFrom(from), pods)))
    ).flat();
    mark('tried');
    const shut = tried.filter(({ open, connected }) => open && !connected);
    check(
      'what is to be open is open',
      shut.length === 0,
      shut.length === 0 ? `${tried.filter(({ open }) => open).length} tried` : shut.map(sayWay).join(', '),
    );
    const closed = tried.filter(({ open }) => !open);
    const through = closed.filter(({ connected }) => connected);
    // A network that lets everything through enforces nothing; one that lets something through has a hole.
    const enforces = through.length < closed.length;
    check(
      enforces ? 'what is to be closed is closed' : 'what is to be closed was tried',
      !enforces || through.length === 0,
      enforces
        ? `${closed.length - through.length} of ${closed.length} refused ${through.map(sayWay).join(', ')}`.trim()
        : `all ${closed.length} connected: this cluster's network does not enforce NetworkPolicies`,
    );
  },
};

async function makeStrangers(
  kubernetes: Kubernetes,
  image: string,
  afterwards: Stage['afterwards'],
): Promise<void> {
  const outside = new Kubernetes(OUTSIDE);
  afterwards(() => kubernetes.delete('pod', STRANGER));
  afterwards(() => outside.deleteNamespace({ wait: true }));
  await outside.createNamespace();
  for (const [where, name] of [
    [kubernetes, STRANGER],
    [outside, OUTSIDER],
  ] as const) {
    await where.apply(
      nodePod({
        name,
        image,
        labels: { 'app.kubernetes.io/name': name },
        script: 'setInterval(() => {}, 1e9)',
      }),
    );
    await where.kubectl(['wait', '--for=condition=Ready', `pod/${name}`, '--timeout=60s'], {
      timeoutMs: 70_000,
    });
  }
}

/** A ready one of each name. */
async function podsByName(kubernetes: Kubernetes): Promise<ReadonlyMap<string, Found>> {
  const { namespace } = kubernetes;
  const { metadata } = await kubernetes.get(namespaceSchema, 'namespace', namespace);
  const pods = (await kubernetes.list(wholePodSchema, 'pods')).filter(isReady);
  return new Map(
    pods.map(({ metadata: { name, labels }, spec, status }) => [
      labels['app.kubernetes.io/name'] ?? name,
      {
        name,
        kubernetes,
        pod: {
          namespace,
          namespaceLabels: metadata.labels,
          labels,
          ...(status.podIP !== undefined && { address: status.podIP }),
          ports: Object.fromEntries(
            spec.containers.flatMap(({ ports }) =>
              ports.flatMap(({ name: port, containerPort }) =>
                port === undefined ? [] : [[port, containerPort] as const],
              ),
            ),
          ),
        },
      },
    ]),
  );
}

function of(pods: ReadonlyMap<string, Found>, name: string): Found {
  const found = pods.get(name);
  if (found === undefined) throw new PlatformFailure(`There is no ready pod of ${name}.`);
  return found;
}

const waysFrom = (name: string): readonly Way[] => WAYS.filter(({ from }) => from === name);
const sayWay = ({ from, to, port }: Way): string => `${from} to ${to}:${port}`;

/** Which connections come about, tried from the pod itself. */
async function attempts(
  { name, kubernetes }: Found,
  ways: readonly Way[],
  pods: ReadonlyMap<string, Found>,
): Promise<readonly (Way & { readonly connected: boolean })[]> {
  const targets = ways.map(({ to, port }) => [of(pods, to).pod.address, port]);
  const script = `
    const { connect } = require("node:net");
    const attempt = ([host, port]) => new Promise((resolve) => {
      const socket = connect({ host, port, timeout: ${CONNECT_TIMEOUT_MS} });
      const end = (connected) => () => { socket.destroy(); resolve(connected); };
      socket.on("connect", end(true)).on("error", end(false)).on("timeout", end(false));
    });
    Promise.all(${JSON.stringify(targets)}.map(attempt)).then((all) => console.log(JSON.stringify(all)));
  `;
  const { exitCode, output } = await kubernetes.exec(name, ['/usr/local/bin/node', '-e', script]);
  if (exitCode !== 0) throw new PlatformFailure(`${name} can't try: ${output.trim()}`);
  const connected = z.array(z.boolean()).parse(JSON.parse(output));
  return ways.map((way, i) => ({ ...way, connected: connected[i]! }));
}
