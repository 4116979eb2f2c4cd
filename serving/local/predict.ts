import axios from 'axios';
import { readReplica } from '../src/promotion/fleet.js';
import { print } from './console.js';
import { PlatformFailure } from './failure.js';
import type { Platform } from './platform.js';
import { sampleRow, type Instance } from './sample-row.js';

/** Prints one curl that can be pasted, and the answer that it gets. */
export async function predict({ settings }: Platform): Promise<void> {
  const { status, error } = await readReplica(settings.urls.management);
  if (status === undefined)
    throw new PlatformFailure(`Serving ${error ?? 'does not answer'}.`, 'Run `make up`.');
  if (status.available === null) {
    throw new PlatformFailure('No model version is available yet.', 'Run `make retrain`.');
  }
  const instance = sampleRow(settings.artifactCacheDir, status.available.digest);
  await showPrediction(settings.urls.serving, instance);
}

/**
 * @param origin of the tier, or of what is in front of it
 * @param host the name under which it is asked, where that is another one
 */
export async function showPrediction(origin: string, instance: Instance, host?: string): Promise<void> {
  const body = { instances: [instance] };
  const url = `${origin}/predict`;
  const response = await axios.post<unknown>(url, body, {
    timeout: 10_000,
    validateStatus: () => true,
    headers: host === undefined ? {} : { host },
  });
  const named = host === undefined ? '' : ` -H 'host: ${host}'`;
  print(
    `curl -s ${url}${named} -H 'content-type: application/json' -d '${JSON.stringify(body).replaceAll("'", `'\\''`)}'`,
  );
  print();
  print(JSON.stringify(response.data));
  for (const header of ['x-model-version', 'x-model-digest', 'x-request-id']) {
    print(`${header}: ${String(response.headers[header])}`);
  }
  if (response.status !== 200) throw new PlatformFailure(`/predict answered ${response.status}.`);
}
