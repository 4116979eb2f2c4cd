import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { quarantineOf } from '../../src/registry/traffic-tags.js';
import { moment } from '../cluster/constant-load.js';
import { bold, print, say } from '../console.js';
import { alertMessages, type AlertMessage } from '../game-day/alert-messages.js';
import { runServingCommand, ServingCommand } from '../serving-command.js';
import { makeBadModel, type BadKind } from './bad-model.js';
import { figuresOf, servedFrom, type TakenBack } from './scene.js';
import { SceneClock, type Stage } from './stage.js';

const ALERT = 'ChampionRolledBack';
/** So that the picture shows that the version is good for those whom it was trained on. */
const QUIET_MS = 8_000;
/** Rules look every 15 s, and messages of one kind come a minute apart at the earliest. */
const MESSAGE_TIMEOUT_MS = 150_000;
const AFTER_MS = 2_000;

const FAULTS: Record<BadKind, string> = {
  wrong: 'answers the opposite',
  slow: 'takes 80 ms',
  throwing: 'fails',
};

/** Requests a second of the new clients. Of the slow model as many as leave the workers time for others. */
const RATES: Record<BadKind, number> = { wrong: 40, slow: 15, throwing: 40 };

const historySchema = z.object({
  moves: z.array(z.looseObject({ action: z.string(), from: z.string(), to: z.string(), at: z.string() })),
});

/** A bad version is promoted, watched, and taken back by whoever watches it. @param of folder of a good package */
export async function takeBack(stage: Stage, kind: BadKind, of: string): Promise<TakenBack> {
  const { settings } = stage;
  const before = await stage.champion();
  const bad = await makeBadModel(settings, kind, of);
  const what = ['--model', settings.modelName, '--version', bad.version];
  const replicas = ['--replicas', settings.urls.management];
  print();
  print(bold(`Version ${bad.version} ${FAULTS[kind]} where a limit is above a million, which nobody had`));
  await runServingCommand(settings, 'bless', ...what);
  const clock = new SceneClock();
  await sleep(AFTER_MS);
  const why = ['--by', 'rollback-demo', '--reason', `to see it taken back: ${kind}`];
  const promotion = ['promote', ...what, '--expect-champion', before.version, ...why];
  await runServingCommand(settings, ...promotion, '--wait', ...replicas);
  clock.mark('promoted', `blessed and served by every worker`);
  const watch = stage.rollout(bad.version, 'baking');
  try {
    await stage.until(
      'the former champion to stand by',
      async () => ((await stage.policy())?.standby?.version === before.version ? true : undefined),
      { beside: watch },
    );
    await sleep(QUIET_MS);
    const newClientsAt = moment();
    await stage.enter('shifted', RATES[kind]);
    clock.mark('new clients', 'their limits, bills and payments are seven times as high', newClientsAt);
    const { code: watchCode } = await Promise.race([watch.ended, giveUp(kind)]);
    const decidedAt = await rolledBackAt(stage, bad.version);
    if (decidedAt !== undefined) {
      clock.mark('taken back', `version ${before.version} is to answer again`, decidedAt);
    }
    const messageAt = await stage
      .until('the message', () => firstMessage(stage, bad.version)?.at, { timeoutMs: MESSAGE_TIMEOUT_MS })
      .catch(() => undefined);
    if (messageAt !== undefined) clock.mark('message', 'the administrator knows', messageAt);
    await sleep(AFTER_MS);
    await stage.leave('shifted');
    const endedAt = moment();
    const again = await new ServingCommand(settings, promotion).ended;
    if (again.code !== 0) say(`promoted again? ${again.stderr.trim()}`);
    const [calm, shifted] = (['calm', 'shifted'] as const).map((population) =>
      stage.requests(population, clock.startedAt, endedAt),
    );
    const quarantine = quarantineOf((await stage.model()).tags, bad.digest);
    return {
      kind,
      title: `${kind}: version ${bad.version} ${FAULTS[kind]} for some of the new clients${quarantine === undefined ? '' : `; taken back for ${quarantine.cause}`}`,
      before: before.version,
      version: bad.version,
      digest: bad.digest,
      startedAt: clock.startedAt,
      endedAt,
      marks: clock.marks,
      requests: [...calm!, ...shifted!],
      clients: [figuresOf('calm clients', calm!), figuresOf('new clients', shifted!)],
      newClientsAt,
      decidedAt,
      fleetAt: decidedAt && servedFrom(stage.looks, before.version, decidedAt),
      messageAt,
      message: firstMessage(stage, bad.version)?.message.text,
      quarantine,
      watchCode,
      promotionCode: again.code,
      championAfter: (await stage.champion()).version,
    };
  } finally {
    await stage.leave('shifted');
    await watch.kill();
  }
}

const GIVE_UP_MS = 240_000;

async function giveUp(kind: BadKind): Promise<never> {
  await sleep(GIVE_UP_MS, undefined, { ref: false });
  throw new Error(`Nobody has taken the ${kind} version back within ${GIVE_UP_MS / 1_000} s.`);
}

/** When the history got the line that this version is champion no more. */
async function rolledBackAt(stage: Stage, version: string): Promise<number | undefined> {
  const history = await runServingCommand(
    stage.settings,
    ...['history', '--model', stage.settings.modelName, '--json'],
  );
  const { moves } = historySchema.parse(JSON.parse(history));
  const at = moves.find(({ action, from }) => action === 'rollback' && from === version)?.at;
  return at === undefined ? undefined : Date.parse(at);
}

function firstMessage(
  { settings }: Stage,
  version: string,
): { readonly at: number; readonly message: AlertMessage } | undefined {
  const message = alertMessages(settings.notificationsDir, 'firing', ALERT).find(({ text }) =>
    text.includes(`version ${version} was taken back`),
  );
  return message && { at: Date.parse(message.receivedAt), message };
}
