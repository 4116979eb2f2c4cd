import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { writePlans } from '../../local/rollback-demo/demo-settings.js';
import { openStage } from '../../local/rollback-demo/open-stage.js';
import { checksOfTakenBack } from '../../local/rollback-demo/rollback-verdict.js';
import type { Stage } from '../../local/rollback-demo/stage.js';
import { takeBack } from '../../local/rollback-demo/take-back.js';
import { ensureRunning } from '../../local/supervisor.js';
import { waitUntil } from '../../local/wait-until.js';
import { quarantineTag } from '../../src/registry/traffic-tags.js';
import type { LocalPlatform } from '../support/local-platform.js';
import { platform } from './platform.js';

describe('a champion that is bad in production', () => {
  const watched = platform.with({ MONITORING_INTERVAL_SECONDS: '1', WORKERS: '2' });
  const { settings } = watched;
  let stage: Stage | undefined;

  async function restartServing({ parts }: LocalPlatform): Promise<void> {
    await parts.processes.stop('serving');
    await ensureRunning(parts.services().serving, parts.processes, parts.settings.startTimeoutMs);
    await waitUntil(async () => (await platform.status()).available ?? undefined, {
      what: 'the tier to serve its champion',
      timeoutMs: 300_000,
    });
  }

  before('it is watched, and clients ask', async () => {
    await Promise.all([watched.make('monitoring-up'), restartServing(watched)]);
    const folder = path.join(settings.stateDir, 'plans');
    mkdirSync(folder, { recursive: true });
    stage = await openStage(watched.parts, writePlans(folder));
  });

  after('the platform is as it was found', async () => {
    await stage?.close();
    await watched.make('monitoring-down');
    await restartServing(platform);
  });

  it('goes back by itself: no request fails, it is quarantined, and the administrator is told', async () => {
    const { digest } = await platform.champion();
    const scene = await takeBack(stage!, 'throwing', platform.packageDir(digest));
    const failed = checksOfTakenBack(scene).filter(({ passed }) => !passed);
    expect(failed.map(({ what, found }) => `${what}: ${found}`)).to.deep.equal([]);
    expect(scene.quarantine!.cause).to.equal('errors');

    await platform.registry.deleteRegisteredModelTag(settings.modelName, quarantineTag(scene.digest));
  });
});
