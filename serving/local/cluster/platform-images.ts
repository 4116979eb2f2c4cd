import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { say } from '../console.js';
import { PlatformFailure } from '../failure.js';
import { CommandFailure, runCommand } from './child-command.js';
import type { ClusterSettings } from './cluster-settings.js';
import type { Kubernetes } from './kubernetes.js';

/** Which image of a name was put into this node, so that it is not put there again. A new cluster knows none. */
const ANNOTATION = 'retraining-platform/loaded-images';
/** Gigabytes, through a disk that others use too. */
const LOAD_TIMEOUT_MS = 10 * 60_000;

const nodeSchema = z.object({
  metadata: z.object({
    name: z.string(),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  /** Of an image that was replaced by one of the same name, no name is left. */
  status: z.object({ images: z.array(z.object({ names: z.array(z.string()).nullish() })).default([]) }),
});

type Node = z.infer<typeof nodeSchema>;

/** All images that objects name, in the order of their first mention: whatever is called `image` and is text. */
export function imagesIn(manifests: string): string[] {
  const images = new Set<string>();
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key === 'image' && typeof inner === 'string') images.add(inner);
      else look(inner);
    }
  };
  for (const document of parseAllDocuments(manifests)) look(document.toJS());
  return [...images];
}

/** Of images with their ids, those that some node has not got, as far as is known. */
export function imagesToLoad(ids: ReadonlyMap<string, string | undefined>, nodes: readonly Node[]): string[] {
  const has = ({ metadata, status }: Node, name: string, id: string): boolean =>
    loadedInto(metadata.annotations)[name] === id &&
    status.images.some(({ names }) => names?.includes(name) === true);
  return [...ids].flatMap(([name, id]) =>
    id !== undefined && nodes.every((node) => has(node, name, id)) ? [] : [name],
  );
}

function loadedInto(annotations: Readonly<Record<string, string>>): Record<string, string> {
  const read = z.record(z.string(), z.string()).safeParse(parsed(annotations[ANNOTATION]));
  return read.success ? read.data : {};
}

function parsed(text = '{}'): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/**
 * Puts images that were built on this machine into the cluster, those that are not there already.
 * @returns names of those that are new there
 * @throws {PlatformFailure} where nobody says how
 */
export async function loadImages(
  kubernetes: Kubernetes,
  settings: ClusterSettings,
  context: string,
  images: readonly string[],
): Promise<string[]> {
  const ids = new Map(await Promise.all(images.map(async (name) => [name, await imageId(name)] as const)));
  const nodes = await kubernetes.list(nodeSchema, 'nodes');
  const missing = imagesToLoad(ids, nodes);
  if (missing.length < images.length)
    say(`${images.length - missing.length} images are in the cluster already`);
  const [program, ...args] = loader(settings, context);
  for (const name of missing) {
    const started = Date.now();
    say(`loading ${name}`);
    await runCommand(program!, [...args, name], { timeoutMs: LOAD_TIMEOUT_MS });
    say(`loaded ${name} in ${((Date.now() - started) / 1000).toFixed(0)} s`);
    // One by one: what was loaded before an interruption is not loaded again.
    for (const { metadata } of await kubernetes.list(nodeSchema, 'nodes')) {
      const known = { ...loadedInto(metadata.annotations), [name]: ids.get(name) ?? '' };
      await kubernetes.patch('node', metadata.name, {
        metadata: { annotations: { [ANNOTATION]: JSON.stringify(known) } },
      });
    }
  }
  return missing;
}

function loader({ imageLoad }: ClusterSettings, context: string): readonly string[] {
  if (imageLoad.length > 0) return imageLoad;
  const [, kind] = /^kind-(.+)$/.exec(context) ?? [];
  if (kind !== undefined) return ['kind', 'load', 'docker-image', '--name', kind];
  throw new PlatformFailure(
    `How do images get into the cluster of ${context}?`,
    "IMAGE_LOAD says what to put before their names, such as IMAGE_LOAD='minikube image load'.",
  );
}

/** By the builder that has it; undefined where none says so, and then it is loaded every time. */
async function imageId(name: string): Promise<string | undefined> {
  const inspections = [
    ['docker', 'image', 'inspect', '--format', '{{.Id}}', name],
    ['podman', 'image', 'inspect', '--format', '{{.Id}}', name],
    ['buildah', 'inspect', '--type', 'image', '--format', '{{.FromImageID}}', name],
  ] as const;
  for (const [program, ...args] of inspections) {
    try {
      return (await runCommand(program, args)).trim();
    } catch (error) {
      if (!(error instanceof CommandFailure || error instanceof PlatformFailure)) throw error;
    }
  }
  return undefined;
}
