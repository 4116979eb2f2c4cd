import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DagRepository, type Push } from '../dag-repository.js';
import { pushDags } from '../push-dags.js';
import type { Settings } from '../settings.js';
import type { ClusterConnections } from './cluster-connections.js';

/** Publishes the working tree's pipeline code to the Git server in the cluster, on top of what is there. */
export async function pushDagsToCluster(connections: ClusterConnections, settings: Settings): Promise<Push> {
  const url = await connections.dagRepository();
  const folder = mkdtempSync(path.join(tmpdir(), 'cluster-dags-'));
  try {
    const dags = new DagRepository(path.join(folder, 'dags.git'));
    dags.continueFrom(url);
    const push = pushDags({ settings, dags });
    dags.sendTo(url);
    return push;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
