import { PlatformFailure } from '../failure.js';
import { CommandFailure, runCommand } from './child-command.js';
import type { ClusterSettings } from './cluster-settings.js';

/** Contexts that tools make for clusters on one's own machine. */
const PLAYGROUNDS = [/^kind-/, /^k3d-/, /^minikube$/, /^docker-desktop$/, /^rancher-desktop$/, /^colima/];

/**
 * Lets only clusters through that nobody depends on: those of a kind that lives on one machine, and the one whose
 * context is named.
 * @throws {PlatformFailure}
 */
export function requirePlayground(context: string, confirmed: string): void {
  if (context === confirmed || PLAYGROUNDS.some((known) => known.test(context))) return;
  throw new PlatformFailure(
    `KUBECONFIG means the context ${context}, which may be a cluster that somebody depends on.`,
    `If it is one to play in: CLUSTER_CONFIRM=${context}`,
  );
}

/** The context of KUBECONFIG. @throws {PlatformFailure} where it may be of a cluster that somebody depends on */
export async function contextOf({ confirm }: ClusterSettings): Promise<string> {
  const context = await runCommand('kubectl', ['config', 'current-context']).catch((error: unknown) => {
    if (!(error instanceof CommandFailure)) throw error;
    throw new PlatformFailure(
      'KUBECONFIG names no cluster.',
      'On your own machine, `kind create cluster` makes one.',
    );
  });
  requirePlayground(context.trim(), confirm);
  return context.trim();
}
