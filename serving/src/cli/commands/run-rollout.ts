import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { readRegistryConfig } from '../../config.js';
import { messageOf } from '../../errors.js';
import { MlflowPromotionRecords } from '../../registry/mlflow-promotion-records.js';
import { MlflowRegistry } from '../../registry/mlflow-registry.js';
import { RegistryError } from '../../registry/model-registry.js';
import { readPlan, type Plan } from '../../rollout/plan.js';
import { endRollout } from '../../rollout/end-rollout.js';
import { PrometheusClient } from '../../prometheus/prometheus-client.js';
import { gatherEvidence } from '../../rollout/prometheus-evidence.js';
import { RolloutController, type Look } from '../../rollout/rollout-controller.js';
import type { RolloutState } from '../../rollout/rollout-state.js';
import {
  currentUser,
  file,
  flag,
  FLAG,
  modelName,
  note,
  parseOptions,
  personName,
  print,
  replicaAddresses,
  TEXT,
  versionNumber,
} from '../command-line.js';
import { CommandError, EXIT, type ExitCode } from '../exit-codes.js';
import { requiredKeys } from '../required-keys.js';

/** `5,25,100`: what they may be, the plan says. */
const steps = z
  .string()
  .regex(/^\d+(\.\d+)?(,\d+(\.\d+)?)*$/, 'must be percentages, such as 5,25,50,100')
  .transform((text) => text.split(',').map(Number));

const options = z
  .strictObject({
    model: modelName,
    version: versionNumber.optional(),
    prometheus: z.url({ protocol: /^https?$/ }),
    replicas: replicaAddresses.default([]),
    plan: file.optional(),
    steps: steps.optional(),
    begin: z.enum(['shadow', 'canary', 'baking']).default('shadow'),
    once: flag,
    'interval-seconds': z.coerce.number().positive().max(3_600).default(15),
    again: flag,
    end: flag,
    'approved-by': personName.optional(),
    by: personName.optional(),
    json: flag,
  })
  .refine(({ begin, version }) => begin === 'baking' || version !== undefined, {
    path: ['version'],
    message: 'is needed, unless --begin baking watches the champion',
  })
  .refine(({ end, version }) => !end || version !== undefined, { path: ['version'], message: 'is needed' });

const EXITS: Readonly<Record<RolloutState, ExitCode>> = {
  running: EXIT.rolloutGoesOn,
  paused: EXIT.rolloutGoesOn,
  completed: EXIT.ok,
  aborted: EXIT.rolloutAborted,
  rolled_back: EXIT.rolledBack,
};

/** One look, or looks until the rollout is over. Whatever ends this command, the rollout is in the registry. */
export async function runRollout(args: string[]): Promise<ExitCode> {
  const wanted = parseOptions(
    args,
    {
      model: TEXT,
      version: TEXT,
      prometheus: TEXT,
      replicas: TEXT,
      plan: TEXT,
      steps: TEXT,
      begin: TEXT,
      once: FLAG,
      'interval-seconds': TEXT,
      again: FLAG,
      end: FLAG,
      'approved-by': TEXT,
      by: TEXT,
      json: FLAG,
    },
    options,
  );
  const connection = readRegistryConfig();
  const prometheus = new PrometheusClient(wanted.prometheus);
  const registry = new MlflowRegistry(connection);
  const records = new MlflowPromotionRecords(connection);
  const controller = new RolloutController(
    {
      ...{ registry, records },
      gather: (question) => gatherEvidence(prometheus, question),
      now: () => new Date(),
    },
    {
      ...{ model: wanted.model, version: wanted.version, begin: wanted.begin, again: wanted.again },
      ...{ plan: planFor(wanted), replicas: wanted.replicas, by: wanted.by ?? currentUser() },
      ...{ approvedBy: wanted['approved-by'], publicKeys: requiredKeys() },
    },
  );
  const { model, version } = wanted;
  if (wanted.end) {
    const ended = await endRollout({ registry, records, controller, model, version: version! });
    const none = `No rollout of ${model} version ${version!} is under way`;
    print(
      wanted.json,
      ended ?? { model, version, state: null },
      ended === undefined ? none : sentenceOf(ended),
    );
    return EXIT.ok;
  }
  const look = wanted.once
    ? await controller.look()
    : await lookUntilOver(controller, wanted['interval-seconds'] * 1_000);
  print(wanted.json, look, sentenceOf(look));
  return EXITS[look.state];
}

/** Steps that are named take the place of the plan's. */
function planFor({
  plan: path,
  steps: percents,
}: {
  plan?: string | undefined;
  steps?: number[] | undefined;
}): Plan {
  const plan = planIn(path);
  if (percents === undefined) return plan;
  return readPlan(JSON.stringify({ ...plan, canary: { ...plan.canary, percents } }));
}

function planIn(path: string | undefined): Plan {
  if (path === undefined) return readPlan('');
  try {
    return readPlan(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new CommandError(EXIT.usage, `--plan ${path}: ${messageOf(cause)}`, { cause });
  }
}

/** Says what has changed, on the other stream than the result. */
async function lookUntilOver(controller: RolloutController, intervalMs: number): Promise<Look> {
  const stop = new AbortController();
  const onSignal = (): void => {
    stop.abort();
  };
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  let look: Look | undefined;
  let said = '';
  for (;;) {
    let line: string;
    try {
      look = await controller.look();
      line = sentenceOf(look);
    } catch (error) {
      // The first look finds out whether the rollout may begin; later ones wait for a registry that is away.
      const isAway = error instanceof RegistryError && error.kind === 'unreachable';
      if (look === undefined || !isAway) throw error;
      line = `${error.message}; looking again`;
    }
    if (look.state !== 'running' && look.state !== 'paused') return look;
    if (line !== said) note([`${new Date().toISOString()} ${line}`]);
    said = line;
    await sleep(intervalMs, undefined, { signal: stop.signal }).catch(() => undefined);
    if (stop.signal.aborted) {
      note([`Rollout ${look.rollout} goes on where it is with the same command; until then the split stays`]);
      return look;
    }
  }
}

function sentenceOf({ rollout, model, version, phase, percent, state, decision, reason, ...look }: Look): string {
  const share = phase === 'canary' ? ` ${percent ?? 0} %` : '';
  const served = look.served_after_seconds;
  const followed = served === null ? '' : `; every replica followed within ${served.toFixed(1)} s`;
  return `Rollout ${rollout}, ${model} version ${version}, ${phase}${share}, ${state}: ${decision}: ${reason}${followed}`;
} // prettier-ignore
