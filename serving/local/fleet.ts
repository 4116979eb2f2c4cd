import { waitForFleet } from '../src/promotion/fleet.js';
import { describeChampion, type Champion } from './champion.js';
import { bold, say } from './console.js';
import { PlatformFailure } from './failure.js';
import type { Settings } from './settings.js';

/** Returns when every replica serves the bytes that the alias points at. */
export async function untilFleetServes(settings: Settings, champion: Champion): Promise<void> {
  const { version, digest } = champion;
  const wanted = { model: settings.modelName, alias: settings.modelAlias, version, digest };
  const { replicas, objections } = await waitForFleet([settings.urls.management], wanted, 60_000);
  if (objections.length > 0) {
    throw new PlatformFailure(
      `Version ${version} is champion, but not every replica serves it: ${objections.join('; ')}`,
      'Read `make logs SERVICE=serving`.',
    );
  }
  const count = replicas === 1 ? 'the replica serves' : `all ${replicas} replicas serve`;
  say(`${count} ${bold(`${settings.modelName} ${describeChampion(champion)}`)}`);
}
