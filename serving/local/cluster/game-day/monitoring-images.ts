import path from 'node:path';
import { say } from '../../console.js';
import type { Settings } from '../../settings.js';
import { runCommand } from '../child-command.js';

const ALERTMANAGER = 'quay.io/prometheus/alertmanager:v0.28.1';
const BUILD_TIMEOUT_MS = 5 * 60_000;

/**
 * Images of Prometheus and Alertmanager for a cluster that pulls none, which is one of CLUSTER_TOOLS: its add-on has
 * brought a Prometheus, and an Alertmanager that can't read a Telegram token from a file.
 *
 * @returns values for helm; none where a cluster pulls them by itself
 */
export async function monitoringImages({
  projectDir,
  monitoringToolsDir,
  cluster,
}: Settings): Promise<readonly string[]> {
  if (cluster.tools === '') return [];
  say('an image of Alertmanager');
  const dockerfile = path.join(
    projectDir,
    'serving',
    'local',
    'cluster',
    'game-day',
    'alertmanager.Dockerfile',
  );
  const timeout = { timeoutMs: BUILD_TIMEOUT_MS };
  const build = path.join(cluster.tools, 'image-build');
  await runCommand(build, ['--quiet', '-t', ALERTMANAGER, '-f', dockerfile, monitoringToolsDir], timeout);
  await runCommand(path.join(cluster.tools, 'image-load'), [ALERTMANAGER], timeout);
  return ['dev.monitoring.prometheus.image=localhost/prometheus'];
}
