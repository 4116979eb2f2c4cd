import { connect } from 'node:net';
import { z } from 'zod';
import { PlatformFailure } from '../failure.js';
import type { Kubernetes } from './kubernetes.js';
import { ForwardedPorts } from './port-forward.js';

const gatewaySchema = z.object({
  spec: z.object({
    listeners: z.array(
      z.object({ name: z.string(), port: z.number(), protocol: z.string(), hostname: z.string().optional() }),
    ),
  }),
  status: z
    .object({
      addresses: z.array(z.object({ value: z.string() })).default([]),
      conditions: z
        .array(z.object({ type: z.string(), status: z.string(), message: z.string() }))
        .default([]),
    })
    .optional(),
});

const serviceSchema = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({
    type: z.string(),
    ports: z.array(z.object({ port: z.number(), nodePort: z.number().optional() })),
  }),
});

const nodeSchema = z.object({
  status: z.object({ addresses: z.array(z.object({ type: z.string(), address: z.string() })) }),
});

export interface GatewayAddress {
  /** Such as `http://172.18.0.2:31080`. */
  readonly url: string;
  /** The name under which it is to be asked, where only that has routes. */
  readonly host?: string;
  /** Ends a forwarding, where one was needed. */
  close(): void;
}

const CONNECT_TIMEOUT_MS = 2_000;

/**
 * Where this machine reaches the plain HTTP listener of a Gateway of Envoy Gateway: at its load balancer, at a node's
 * port, or, where neither answers (a cluster in a virtual machine), through kubectl.
 * @throws {PlatformFailure} while there is no such Gateway, or nothing that implements it
 */
export async function gatewayAddress(kubernetes: Kubernetes, name: string): Promise<GatewayAddress> {
  const gateway = await kubernetes.get(gatewaySchema, 'gateway.gateway.networking.k8s.io', name);
  const listener = gateway.spec.listeners.find(({ protocol }) => protocol === 'HTTP');
  if (!listener) throw new PlatformFailure(`The Gateway ${name} has no listener for plain HTTP.`);
  const named = listener.hostname === undefined ? {} : { host: listener.hostname };
  const service = await serviceOf(kubernetes, name);
  const { port } = listener;
  const nodePort = service.spec.ports.find((found) => found.port === port)?.nodePort;
  const balanced = service.spec.type === 'LoadBalancer' ? (gateway.status?.addresses ?? []) : [];
  const candidates = [
    ...balanced.map(({ value }) => ({ host: value, port })),
    ...(nodePort === undefined
      ? []
      : (await nodeAddresses(kubernetes)).map((host) => ({ host, port: nodePort }))),
  ];
  for (const { host, port: open } of candidates) {
    if (await accepts(host, open)) return { url: `http://${host}:${open}`, ...named, close: () => undefined };
  }
  const { metadata } = service;
  const forward = await ForwardedPorts.open(metadata.namespace, `service/${metadata.name}`, [port]);
  return { url: `http://127.0.0.1:${forward.of(port)}`, ...named, close: forward.close };
}

async function serviceOf(kubernetes: Kubernetes, gateway: string): Promise<z.infer<typeof serviceSchema>> {
  const label = 'gateway.envoyproxy.io/owning-gateway';
  const owner = `${label}-name=${gateway},${label}-namespace=${kubernetes.namespace}`;
  const found = await kubernetes.kubectl(['get', 'services', '--all-namespaces', '-l', owner, '-o', 'json']);
  const [service] = z.object({ items: z.array(serviceSchema) }).parse(JSON.parse(found)).items;
  if (service) return service;
  throw new PlatformFailure(
    `Nothing serves the Gateway ${gateway} of namespace ${kubernetes.namespace}.`,
    'Is there an Envoy Gateway in the cluster? `kubectl get gatewayclass` tells.',
  );
}

async function nodeAddresses(kubernetes: Kubernetes): Promise<string[]> {
  const nodes = await kubernetes.list(nodeSchema, 'nodes');
  return nodes.flatMap(({ status }) =>
    status.addresses.filter(({ type }) => type === 'InternalIP').map(({ address }) => address),
  );
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_TIMEOUT_MS });
    const settle = (accepted: boolean) => (): void => {
      socket.destroy();
      resolve(accepted);
    };
    socket.on('connect', settle(true)).on('error', settle(false)).on('timeout', settle(false));
  });
}
