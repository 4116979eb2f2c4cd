import { PlatformFailure } from '../failure.js';
import { rowIn, type Instance } from '../sample-row.js';
import type { Kubernetes } from './kubernetes.js';

const PACKAGES = '/var/cache/model-serving/packages';
const NODE = '/usr/local/bin/node';

/** A row that the served package takes: the first golden one of its manifest. */
export async function servedRow(kubernetes: Kubernetes, digest: string): Promise<Instance> {
  return rowIn(await servedManifest(kubernetes, digest));
}

/** The manifest of a package that the tier serves, as text: from a pod's cache, so that the registry need not be there. */
export async function servedManifest(kubernetes: Kubernetes, digest: string): Promise<string> {
  const file = `${PACKAGES}/${digest.replace(/^sha256:/, '')}/manifest.json`;
  const read = `process.stdout.write(require("node:fs").readFileSync("${file}"))`;
  const options = { container: 'serving' };
  const { exitCode, output } = await kubernetes.exec('deployment/serving', [NODE, '-e', read], options);
  if (exitCode !== 0)
    throw new PlatformFailure(`No manifest of ${digest} in a pod's cache: ${output.trim()}`);
  return output;
}
