import { rmSync } from 'node:fs';
import path from 'node:path';
import { bold, dim, green, print, red, yellow } from '../console.js';
import { downOnInterrupt } from '../down-on-interrupt.js';
import { down } from '../down.js';
import { PlatformFailure } from '../failure.js';
import { Platform } from '../platform.js';
import { WHOLE_WAY_PLAN, rollbackDemoSettings } from './demo-settings.js';
import { writeRollbackReport } from './rollback-report.js';
import { checksOfTakenBack, checksOfWholeWay } from './rollback-verdict.js';
import type { TakenBack } from './scene.js';
import { openStage } from './open-stage.js';
import type { Stage } from './stage.js';
import { takeBack } from './take-back.js';
import { twoVersions } from './two-versions.js';
import { takeWholeWay } from './whole-way.js';

const KINDS = ['wrong', 'slow', 'throwing'] as const;

/**
 * Versions meet live traffic: a good one takes the whole way, three bad ones are taken back by themselves; on a
 * platform of its own beside one that may run, which is gone when it is over.
 */
export async function rollbackDemo({ settings: from }: Platform): Promise<void> {
  const stateDir = path.join(from.stateDir, 'rollback-demo');
  await new Platform({ ...from, stateDir }).processes.sweep();
  rmSync(stateDir, { recursive: true, force: true });
  const demo = await rollbackDemoSettings(stateDir);
  const platform = new Platform(demo.settings);
  const stopListening = downOnInterrupt(platform);
  print(bold('Versions that win their gates, and a champion that goes back by itself'));
  print(yellow('Every client and row is SIMULATED. Nothing here says anything about real people.'));
  print();
  try {
    const challenger = await twoVersions(platform);
    const stage = await openStage(platform, demo.plans);
    try {
      await playAll(stage, challenger);
    } finally {
      await stage.close();
    }
  } finally {
    stopListening();
    if (from.keep) print(dim(`  It goes on running: make down PLATFORM_STATE_DIR=${stateDir}`));
    else await down(platform);
  }
}

async function playAll(stage: Stage, challenger: string): Promise<void> {
  const { settings } = stage;
  const good = await takeWholeWay(stage, challenger);
  const { digest } = await stage.champion();
  const champion = path.join(settings.artifactCacheDir, 'packages', digest.replace('sha256:', ''));
  const bad: TakenBack[] = [];
  for (const kind of KINDS) bad.push(await takeBack(stage, kind, champion));
  const checks = [
    ...checksOfWholeWay(good, WHOLE_WAY_PLAN.canary.percents),
    ...bad.flatMap(checksOfTakenBack),
  ];
  print();
  for (const { what, passed, found } of checks)
    print(`  ${passed ? green('✔') : red('✘')} ${what}: ${found}`);
  const folder = path.join(settings.projectDir, '.reports', 'rollback-demo');
  print();
  print(dim(`  report: ${await writeRollbackReport(folder, good, bad, checks)}`));
  const failed = checks.filter(({ passed }) => !passed).length;
  if (failed > 0) throw new PlatformFailure(`${failed} of ${checks.length} checks failed.`);
}
