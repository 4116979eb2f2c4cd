import { z } from 'zod';
import type { Manifest } from './charts.js';
import { containersOf, podsOf, type OwnedPod } from './pods.js';

/** A Secret or ConfigMap that a pod does not start without; with a key where the pod names one. */
export interface Needed {
  readonly owner: string;
  readonly kind: 'Secret' | 'ConfigMap';
  readonly name: string;
  readonly key?: string;
}

type Source = { readonly name: string; readonly optional?: boolean | undefined } | undefined;

/** What the pods name and can't do without. */
export function neededBy(pods: readonly OwnedPod[]): Needed[] {
  return pods.flatMap(({ owner, pod }) => {
    const needed: Needed[] = [];
    const need = (kind: Needed['kind'], source: Source, key?: string): void => {
      if (source === undefined || source.optional === true) return;
      needed.push({ owner, kind, name: source.name, ...(key === undefined ? {} : { key }) });
    };
    for (const { env, envFrom } of containersOf(pod)) {
      for (const { valueFrom } of env) {
        need('Secret', valueFrom?.secretKeyRef, valueFrom?.secretKeyRef?.key);
        need('ConfigMap', valueFrom?.configMapKeyRef, valueFrom?.configMapKeyRef?.key);
      }
      for (const { secretRef, configMapRef } of envFrom) {
        need('Secret', secretRef);
        need('ConfigMap', configMapRef);
      }
    }
    for (const { secret, configMap } of pod.volumes) {
      const named = secret && { name: secret.secretName, optional: secret.optional };
      need('Secret', named);
      need('ConfigMap', configMap);
      for (const { key } of secret?.items ?? []) need('Secret', named, key);
      for (const { key } of configMap?.items ?? []) need('ConfigMap', configMap, key);
    }
    return needed;
  });
}

const keyed = z.record(z.string(), z.unknown()).default({});
const externalSecretSchema = z.object({
  target: z.object({ name: z.string().optional() }).default({}),
  data: z.array(z.object({ secretKey: z.string() })).default([]),
});

/** The Secrets and ConfigMaps that manifests make or have made, each with its keys. */
export function providedBy(manifests: readonly Manifest[]): Map<string, Set<string>> {
  const provided = new Map<string, Set<string>>();
  for (const manifest of manifests) {
    const { kind, metadata } = manifest;
    if (kind === 'Secret' || kind === 'ConfigMap') {
      const maps = ['data', 'stringData', 'binaryData'].map((field) => keyed.parse(manifest[field]));
      provided.set(`${kind} ${metadata.name}`, new Set(maps.flatMap((map) => Object.keys(map))));
    } else if (kind === 'ExternalSecret') {
      const { target, data } = externalSecretSchema.parse(manifest['spec']);
      provided.set(`Secret ${target.name ?? metadata.name}`, new Set(data.map(({ secretKey }) => secretKey)));
    }
  }
  return provided;
}

/** What pods need and nobody provides, in words. */
export function missing(manifests: readonly Manifest[]): string[] {
  const provided = providedBy(manifests);
  const found = neededBy(podsOf(manifests)).flatMap(({ owner, kind, name, key }) => {
    const keys = provided.get(`${kind} ${name}`);
    if (keys === undefined) return [`${owner} needs ${kind} ${name}`];
    return key === undefined || keys.has(key) ? [] : [`${owner} needs ${key} in ${kind} ${name}`];
  });
  return [...new Set(found)];
}

type Labels = Readonly<Record<string, string>>;

function isPart(selector: Labels, labels: Labels): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

const labelsSchema = z.record(z.string(), z.string());
const matchSchema = z.looseObject({ matchLabels: labelsSchema.optional() });
const selectorsSchema = z.looseObject({
  selector: z.union([matchSchema, labelsSchema]).optional(),
  podSelector: matchSchema.optional(),
});

/** The labels that a manifest picks pods by; undefined where it picks none, or all. */
function podSelector({ kind, ...manifest }: Manifest): Labels | undefined {
  const { selector, podSelector } = selectorsSchema.parse(manifest['spec'] ?? {});
  switch (kind) {
    case 'Service':
      return labelsSchema.optional().parse(selector);
    case 'Deployment':
    case 'StatefulSet':
    case 'DaemonSet':
    case 'PodDisruptionBudget':
      return matchSchema.optional().parse(selector)?.matchLabels;
    case 'NetworkPolicy':
      return podSelector?.matchLabels;
    default:
      return undefined;
  }
}

/** Labels of pods that others start: the official Airflow chart, cert-manager. */
const OTHERS = ['tier', 'acme.cert-manager.io/http01-solver'];

/** What picks pods by labels that no pod has. */
export function selectingNothing(manifests: readonly Manifest[]): string[] {
  const pods = podsOf(manifests);
  return manifests.flatMap((manifest) => {
    const selector = podSelector(manifest);
    if (selector === undefined || pods.some(({ labels }) => isPart(selector, labels))) return [];
    if (manifest.kind === 'NetworkPolicy' && OTHERS.some((label) => label in selector)) return [];
    return [`${manifest.kind} ${manifest.metadata.name} selects ${JSON.stringify(selector)}`];
  });
}
