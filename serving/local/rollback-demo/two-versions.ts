import { bootstrapRegistry } from '../bootstrap.js';
import { describeChampion, readChampion } from '../champion.js';
import { say } from '../console.js';
import { PlatformFailure } from '../failure.js';
import { untilFleetServes } from '../fleet.js';
import type { Platform } from '../platform.js';
import { preflight } from '../preflight.js';
import type { Service } from '../service.js';
import { ensureRunning } from '../supervisor.js';
import { trainedVersion } from './trained-version.js';

/** Of the first champion. */
const FEW_ROWS = 'synthetic:?rows=3000&seed=5';
const MANY_ROWS = 'synthetic:?rows=16000&seed=5';

/**
 * Starts a registry, a tier and what watches them, with a champion of few rows.
 * @returns a better version, which has won every gate against the champion
 */
export async function twoVersions(platform: Platform): Promise<string> {
  const { settings, processes } = platform;
  const start = (service: Service): Promise<void> =>
    ensureRunning(service, processes, settings.startTimeoutMs);
  await preflight(platform);
  const { mlflow, serving } = platform.services();
  await Promise.all([start(mlflow).then(() => bootstrapRegistry(platform)), start(serving)]);
  const first = { name: 'first', datasetUri: FEW_ROWS, promote: true };
  say(`version ${await trainedVersion(settings, first)} is trained, judged, blessed and promoted`);
  const champion = await readChampion(settings);
  if (champion === undefined) throw new PlatformFailure('No first version became champion.');
  const second = { name: 'second', datasetUri: MANY_ROWS, promote: false };
  const [challenger] = await Promise.all([
    trainedVersion(settings, second),
    ...platform.monitoring().map(start),
  ]);
  await untilFleetServes(settings, champion);
  say(
    `the play begins with ${describeChampion(champion)}; version ${challenger} has won every gate against it`,
  );
  return challenger;
}
