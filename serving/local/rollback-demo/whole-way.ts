import { setTimeout as sleep } from 'node:timers/promises';
import { TRAFFIC_POLICY_TAG } from '../../src/registry/traffic-tags.js';
import { moment } from '../cluster/constant-load.js';
import { bold, print } from '../console.js';
import { figuresOf, type WholeWay } from './scene.js';
import { SceneClock, type Stage } from './stage.js';

/** The controller is killed when the canary answers so many percent. */
const KILLED_AT = 25;
/** What it does not see meanwhile. */
const GONE_MS = 5_000;
const LOOK_MS = 100;

/** A good version looks on, answers more and more, is promoted and baked; its controller is killed on the way. */
export async function takeWholeWay(stage: Stage, version: string): Promise<WholeWay> {
  const before = await stage.champion();
  print();
  print(bold(`Version ${version} has won its gates, and takes the whole way through live traffic`));
  const clock = new SceneClock();
  const seen = { shadow: false, percents: [] as number[], killedAt: undefined as number | undefined };
  let controller = stage.rollout(version, 'shadow');
  let isPromoted = false;
  try {
    while (controller.isRunning) {
      const policy = await stage.policy().catch(() => undefined);
      if (!isPromoted && (await stage.champion()).version === version) {
        isPromoted = true;
        clock.mark('promoted', `version ${version} is champion, and is watched`);
      }
      const percent = policy?.canary?.version === version ? policy.canary.percent : undefined;
      if (!seen.shadow && policy?.shadow?.version === version) {
        seen.shadow = true;
        clock.mark('shadow', 'it computes what the champion answers, and nobody sees it');
      }
      if (percent !== undefined && !seen.percents.includes(percent)) {
        seen.percents.push(percent);
        clock.mark(`${percent} %`, `of requests are answered by version ${version}`);
      }
      if (percent === KILLED_AT && seen.killedAt === undefined) {
        seen.killedAt = percent;
        await sleep(3_000);
        controller = await killAndResume(stage, clock, controller, version);
      }
      await sleep(LOOK_MS);
    }
    const { code } = await controller.ended;
    clock.mark('baked', `the rollout ended with ${String(code)}`);
    await sleep(2_000);
    const endedAt = moment();
    const calm = stage.requests('calm', clock.startedAt, endedAt);
    const { tags } = await stage.model();
    return {
      title: `good: version ${version} takes the whole way; its controller is killed at ${seen.killedAt ?? '-'} %`,
      before: before.version,
      version,
      startedAt: clock.startedAt,
      endedAt,
      marks: clock.marks,
      requests: calm,
      clients: [figuresOf('calm clients', calm)],
      wasShadow: seen.shadow,
      canaryPercents: seen.percents,
      killedAtPercent: seen.killedAt,
      watchCode: code,
      championAfter: (await stage.champion()).version,
      policyAfter: tags.get(TRAFFIC_POLICY_TAG),
    };
  } finally {
    await controller.kill();
  }
}

async function killAndResume(
  stage: Stage,
  clock: SceneClock,
  controller: ReturnType<Stage['rollout']>,
  version: string,
): Promise<ReturnType<Stage['rollout']>> {
  await controller.kill();
  clock.mark('killed', 'its controller is gone; clients and replicas do not notice');
  await sleep(GONE_MS);
  clock.mark('resumed', 'another controller goes on where the first one was');
  return stage.rollout(version, 'shadow');
}
