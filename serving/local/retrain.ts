import { describeChampion, readChampion } from './champion.js';
import { bold, say } from './console.js';
import { untilFleetServes } from './fleet.js';
import type { Platform } from './platform.js';
import { pushDags } from './push-dags.js';
import { runRetraining } from './retraining.js';

/** One run of the working tree's pipeline, and what came of it. */
export async function retrain(platform: Platform): Promise<void> {
  const { settings } = platform;
  const push = pushDags(platform);
  const before = await readChampion(settings);
  await runRetraining(platform.airflowApi, settings, push, false);
  const after = await readChampion(settings);
  if (after === undefined || after.version === before?.version) {
    say(`champion unchanged: ${bold(before === undefined ? 'none' : describeChampion(before))}`);
    return;
  }
  await untilFleetServes(settings, after);
}
