import { BlockList, isIPv6 } from 'node:net';
import { z } from 'zod';

const labelsSchema = z.record(z.string(), z.string());
const selectorSchema = z.object({
  matchLabels: labelsSchema.default({}),
  matchExpressions: z
    .array(
      z.object({
        key: z.string(),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.array(z.string()).default([]),
      }),
    )
    .default([]),
});
const peerSchema = z.object({
  podSelector: selectorSchema.optional(),
  namespaceSelector: selectorSchema.optional(),
  ipBlock: z.object({ cidr: z.string(), except: z.array(z.string()).default([]) }).optional(),
});
const portSchema = z.object({
  protocol: z.string().default('TCP'),
  port: z.union([z.number(), z.string()]).optional(),
  endPort: z.number().optional(),
});

export const networkPolicySchema = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({
    podSelector: selectorSchema.prefault({}),
    policyTypes: z.array(z.enum(['Ingress', 'Egress'])),
    ingress: z
      .array(z.object({ from: z.array(peerSchema).default([]), ports: z.array(portSchema).default([]) }))
      .default([]),
    egress: z
      .array(z.object({ to: z.array(peerSchema).default([]), ports: z.array(portSchema).default([]) }))
      .default([]),
  }),
});

export type NetworkPolicy = z.infer<typeof networkPolicySchema>;
type Selector = z.infer<typeof selectorSchema>;
type Peer = z.infer<typeof peerSchema>;
type Port = z.infer<typeof portSchema>;

/** A pod, as policies know it. */
export interface PolicyPod {
  readonly namespace: string;
  readonly namespaceLabels: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly address?: string;
  /** Of its containers, by name. */
  readonly ports?: Readonly<Record<string, number>>;
}

/**
 * Whether one pod may open a TCP connection to a port of another: its namespace's policies for what leaves it let it, and
 * the other's for what comes in. A pod that no policy of a direction selects is open in that direction.
 */
export function isAllowed(
  policies: readonly NetworkPolicy[],
  from: PolicyPod,
  to: PolicyPod,
  port: number,
): boolean {
  const leaves = rulesOf(policies, 'Egress', from)?.some(
    ({ peers, ports }) => matchesPeers(peers, from.namespace, to) && matchesPorts(ports, to, port),
  );
  const enters = rulesOf(policies, 'Ingress', to)?.some(
    ({ peers, ports }) => matchesPeers(peers, to.namespace, from) && matchesPorts(ports, to, port),
  );
  return leaves !== false && enters !== false;
}

interface Rule {
  readonly peers: readonly Peer[];
  readonly ports: readonly Port[];
}

/** undefined: no policy says anything of this pod in this direction. */
function rulesOf(
  policies: readonly NetworkPolicy[],
  direction: 'Ingress' | 'Egress',
  pod: PolicyPod,
): readonly Rule[] | undefined {
  const about = policies.filter(
    ({ metadata, spec }) =>
      metadata.namespace === pod.namespace &&
      spec.policyTypes.includes(direction) &&
      matches(spec.podSelector, pod.labels),
  );
  if (about.length === 0) return undefined;
  return about.flatMap(({ spec }) =>
    direction === 'Ingress'
      ? spec.ingress.map(({ from: peers, ports }) => ({ peers, ports }))
      : spec.egress.map(({ to: peers, ports }) => ({ peers, ports })),
  );
}

/** @param namespace of the policy */
function matchesPeers(peers: readonly Peer[], namespace: string, pod: PolicyPod): boolean {
  if (peers.length === 0) return true;
  return peers.some(({ podSelector, namespaceSelector, ipBlock }) => {
    if (ipBlock !== undefined) return pod.address !== undefined && isWithin(pod.address, ipBlock);
    const isItsNamespace =
      namespaceSelector === undefined
        ? pod.namespace === namespace
        : matches(namespaceSelector, pod.namespaceLabels);
    return isItsNamespace && (podSelector === undefined || matches(podSelector, pod.labels));
  });
}

function isWithin(address: string, { cidr, except }: NonNullable<Peer['ipBlock']>): boolean {
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  const within = (networks: readonly string[]): boolean => {
    const list = new BlockList();
    for (const network of networks) {
      const [base = '', prefix = ''] = network.split('/');
      list.addSubnet(base, Number(prefix), isIPv6(base) ? 'ipv6' : 'ipv4');
    }
    return list.check(address, family);
  };
  return within([cidr]) && !within(except);
}

function matchesPorts(ports: readonly Port[], to: PolicyPod, wanted: number): boolean {
  if (ports.length === 0) return true;
  return ports.some(({ protocol, port, endPort }) => {
    if (protocol !== 'TCP') return false;
    const first = typeof port === 'string' ? to.ports?.[port] : port;
    if (port === undefined) return true;
    return first !== undefined && wanted >= first && wanted <= (endPort ?? first);
  });
}

function matches(
  { matchLabels, matchExpressions }: Selector,
  labels: Readonly<Record<string, string>>,
): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values }) => {
      const value = labels[key];
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
      }
    })
  );
}
