import { existsSync } from 'node:fs';
import path from 'node:path';
import { PlatformFailure } from '../failure.js';
import type { Command } from './deploy-step.js';

/** Programs that know registries, in the order in which they are taken. */
export const REGISTRY_TOOLS = ['skopeo', 'docker', 'podman'] as const;

export type RegistryTool = (typeof REGISTRY_TOOLS)[number];

/** The one that is there. @throws {PlatformFailure} where none is */
export function registryTool(searchPath: string): RegistryTool {
  const folders = searchPath.split(path.delimiter).filter((folder) => folder !== '');
  const found = REGISTRY_TOOLS.find((tool) => folders.some((folder) => existsSync(path.join(folder, tool))));
  if (found !== undefined) return found;
  throw new PlatformFailure(
    'Nothing on the PATH knows registries of images.',
    `Install one of ${REGISTRY_TOOLS.join(', ')}.`,
  );
}

/** The login of whoever is logged in to the cloud, good for some hours. */
export function registryLogin(tool: RegistryTool, registry: string): Command {
  return {
    file: tool,
    args: ['login', '--username', 'iam', '--password-stdin', hostOf(registry)],
    input: { file: 'yc', args: ['iam', 'create-token'] },
  };
}

/** Fails where the registry has not got an image. */
export function imageLookUp(tool: RegistryTool, image: string): Command {
  const args = tool === 'skopeo' ? ['inspect', '--raw', `docker://${image}`] : ['manifest', 'inspect', image];
  return { file: tool, args };
}

/** Whether images of this name are on the nodes, as in a cluster on one's own machine, and in no registry. */
export function isOnNodes(registry: string): boolean {
  return hostOf(registry) === 'localhost';
}

function hostOf(registry: string): string {
  return registry.split('/')[0]!;
}
