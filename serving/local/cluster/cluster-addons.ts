import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { bold, say } from '../console.js';
import { PlatformFailure } from '../failure.js';
import { runCommand } from './child-command.js';
import type { ClusterSettings } from './cluster-settings.js';
import type { Kubernetes } from './kubernetes.js';

interface Addon {
  readonly name: string;
  /** Of its kinds of objects. */
  readonly apiGroup: string;
  readonly what: string;
  /** How to install it where there is nothing that does. */
  readonly remedy: string;
}

/** @param chart of helm/upstream */
function installed(chart: string): string {
  return `\`make upstream-charts\`, then \`make upstream-up ENV=staging UPSTREAM=${chart}\`; helm/README.md tells more.`;
}

/** What our charts ask of a cluster and don't bring along: operators, and the kinds of objects that they know. */
const ADDONS: readonly Addon[] = [
  {
    name: 'gateway',
    apiGroup: 'gateway.networking.k8s.io',
    what: 'a Gateway API with Envoy Gateway',
    remedy: installed('gateway-helm'),
  },
  {
    name: 'monitoring',
    apiGroup: 'monitoring.coreos.com',
    what: 'a Prometheus operator',
    remedy: installed('kube-prometheus-stack'),
  },
];

const classSchema = z.object({ metadata: z.object({ name: z.string() }) });
/** Some of it is compiled, on a machine that has never had it. */
const BUILD_TIMEOUT_MS = 25 * 60_000;

export interface ClusterKnowledge {
  /** Such as `gateway.networking.k8s.io/v1`. */
  readonly apiVersions: readonly string[];
  readonly gatewayClasses: readonly string[];
}

/** Those whose kinds of objects occur in manifests and that the cluster does not know, or knows and nobody implements. */
export function missingAddons(
  manifests: string,
  { apiVersions, gatewayClasses }: ClusterKnowledge,
): readonly Addon[] {
  const classes = [...manifests.matchAll(/^ +gatewayClassName: "?([\w.-]+)/gm)].map(([, name]) => name!);
  return ADDONS.filter(({ name, apiGroup }) => {
    const isWanted = new RegExp(`^apiVersion: ${apiGroup.replaceAll('.', '\\.')}/`, 'm').test(manifests);
    const isKnown = apiVersions.some((version) => version.startsWith(`${apiGroup}/`));
    const isServed = name !== 'gateway' || classes.every((wanted) => gatewayClasses.includes(wanted));
    return isWanted && !(isKnown && isServed);
  });
}

/** @throws {PlatformFailure} with what to do where there is nothing that installs them */
export async function ensureAddons(
  kubernetes: Kubernetes,
  settings: ClusterSettings,
  manifests: string,
): Promise<void> {
  for (const { name, what, remedy } of missingAddons(manifests, await knowledgeOf(kubernetes))) {
    const script = path.join(settings.tools, 'addons', name);
    if (settings.tools === '' || !existsSync(script)) {
      throw new PlatformFailure(`The cluster has not got ${what}.`, remedy);
    }
    say(`installing ${bold(what)}`);
    await runCommand(script, [], { timeoutMs: BUILD_TIMEOUT_MS });
  }
}

async function knowledgeOf(kubernetes: Kubernetes): Promise<ClusterKnowledge> {
  const apiVersions = (await kubernetes.kubectl(['api-versions'])).split('\n');
  const hasClasses = apiVersions.some((version) => version.startsWith('gateway.networking.k8s.io/'));
  const classes = hasClasses ? await kubernetes.list(classSchema, 'gatewayclasses') : [];
  return { apiVersions, gatewayClasses: classes.map(({ metadata }) => metadata.name) };
}
