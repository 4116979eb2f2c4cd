import { join } from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { runCommand } from '../../local/cluster/child-command.js';
import { ensureAddons } from '../../local/cluster/cluster-addons.js';
import { Kubernetes } from '../../local/cluster/kubernetes.js';
import { ForwardedPorts } from '../../local/cluster/port-forward.js';
import { readSettings } from '../../local/settings.js';
import { eventually } from '../support/eventually.js';
import { httpRequest } from '../support/http-request.js';
import { SERVING_ROOT } from '../support/training-environment.js';

const NAMESPACE = `gateway-test-${process.pid}`;
const HOST = 'scoring.example.com';
const ADDRESS = '10.10.0.100';
const BALANCER = '127.0.0.0/8';
const REQUESTS = 20;
/** Of 20 requests with a limit of one a second: as many pass as the asking takes seconds. */
const MOST = 15;
/** With an Envoy Gateway to be installed. */
const HOOK_TIMEOUT_MS = 6 * 60_000;

/** The chart's objects around the Gateway alone. */
const TEMPLATES = ['gateway', 'envoy-proxy', 'envoy-policies', 'httproutes'];

const PORTS = [
  { name: 'http', port: 8080 },
  { name: 'grpc', port: 8081 },
];
/** A tier at an address that nobody has, so that whoever gets through gets 503. */
const TIER = [
  { apiVersion: 'v1', kind: 'Service', metadata: { name: 'serving' }, spec: { ports: PORTS } },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'serving', labels: { 'kubernetes.io/service-name': 'serving' } },
    addressType: 'IPv4',
    ports: PORTS,
    endpoints: [{ addresses: ['192.0.2.1'], conditions: { ready: true } }],
  },
];

const deploymentSchema = z.object({ status: z.object({ readyReplicas: z.number().default(0) }) });
const serviceSchema = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    annotations: z.record(z.string(), z.string()),
  }),
  spec: z.object({ loadBalancerIP: z.string(), externalTrafficPolicy: z.string() }),
});
const budgetSchema = z.object({ spec: z.object({ maxUnavailable: z.number() }) });

describe('the Gateway behind another balancer, in a real cluster', () => {
  const kubernetes = new Kubernetes(NAMESPACE);
  let forwarded: ForwardedPorts | undefined;

  /** Of what Envoy Gateway has made of the Gateway, wherever it keeps that. */
  async function made<S extends z.ZodType>(schema: S, kind: string): Promise<z.infer<S>> {
    const owner = 'gateway.envoyproxy.io/owning-gateway-namespace';
    const args = ['get', kind, '--all-namespaces', '-l', `${owner}=${NAMESPACE}`, '-o', 'json'];
    const { items } = z.object({ items: z.array(schema) }).parse(JSON.parse(await kubernetes.kubectl(args)));
    if (items.length !== 1) throw new Error(`There are ${items.length} of ${kind}.`);
    return items[0]!;
  }

  async function apply(trustedProxies: readonly string[]): Promise<void> {
    const gateway = {
      enabled: true,
      host: HOST,
      loadBalancer: { address: ADDRESS },
      infrastructureAnnotations: { 'yandex.cloud/load-balancer-type': 'internal' },
      trustedProxies,
      envoy: { proxies: 2, requestsPerSecondPerClient: 1, retries: 0, connectTimeout: '100ms' },
    };
    const objects = await runCommand('helm', [
      ...['template', 'serving', join(SERVING_ROOT, '../helm/serving'), '--namespace', NAMESPACE],
      ...TEMPLATES.flatMap((name) => ['--show-only', `templates/${name}.yaml`]),
      ...['--set-json', `gateway=${JSON.stringify(gateway)}`],
    ]);
    await ensureAddons(kubernetes, readSettings().cluster, objects);
    await kubernetes.kubectl(['apply', '-f', '-'], { input: objects });
  }

  /** How many of these were told that they are too many. Each comes from the loopback of a proxy's pod. */
  async function refusedOf(forwardedFor: readonly string[]): Promise<number> {
    const answers = await Promise.all(
      forwardedFor.map((addresses) =>
        httpRequest({
          port: forwarded!.of(80),
          path: '/health/live',
          headers: { host: HOST, 'x-forwarded-for': addresses },
        }),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status !== 429 && status !== 503)).to.deep.equal([]);
    return statuses.filter((status) => status === 429).length;
  }

  function addresses(write: (number: number) => string): string[] {
    return Array.from({ length: REQUESTS }, (_, index) => write(index + 1));
  }

  before(async function () {
    this.timeout(HOOK_TIMEOUT_MS);
    await kubernetes.createNamespace();
    await kubernetes.apply(...TIER);
    await apply([BALANCER]);
    await eventually(async () => {
      expect((await made(deploymentSchema, 'deployments')).status.readyReplicas).to.equal(2);
    }, HOOK_TIMEOUT_MS - 30_000);
    const { metadata } = await made(serviceSchema, 'services');
    forwarded = await ForwardedPorts.open(metadata.namespace, `service/${metadata.name}`, [80]);
  });

  after(async function () {
    this.timeout(HOOK_TIMEOUT_MS);
    forwarded?.close();
    await kubernetes.deleteNamespace();
  });

  it('has as many proxies as it was told, one of which may be missing', async () => {
    expect((await made(budgetSchema, 'poddisruptionbudgets')).spec.maxUnavailable).to.equal(1);
  });

  it('asks its cloud for the address that was reserved, and for who connects to stay who it is', async () => {
    const { metadata, spec } = await made(serviceSchema, 'services');
    expect(spec).to.deep.equal({ loadBalancerIP: ADDRESS, externalTrafficPolicy: 'Local' });
    expect(metadata.annotations).to.include({ 'yandex.cloud/load-balancer-type': 'internal' });
  });

  it('counts clients apart, as the balancer tells them', async () => {
    expect(await refusedOf(addresses((number) => `203.0.113.${number}`))).to.equal(0);
  });

  it('counts a client as one, whatever it calls itself before the balancer says who it is', async () => {
    expect(await refusedOf(addresses((number) => `198.51.100.${number}, 203.0.113.200`))).to.be.above(MOST);
  });

  it('believes nobody but the balancer', async () => {
    await apply(['10.10.48.0/26']);
    await eventually(async () => {
      expect(await refusedOf(addresses((number) => `203.0.113.${100 + number}`))).to.be.above(MOST);
    }, 80_000);
  });
});
