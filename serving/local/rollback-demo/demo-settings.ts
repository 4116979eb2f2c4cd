import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { ownPorts } from '../own-ports.js';
import { readSettings, type Settings } from '../settings.js';

/** Said wherever the rows could be taken for somebody's. */
const MODEL_NAME = 'simulated-credit-scoring';

const BAKING = { min_samples: 300, min_minutes: 0.5, max_minutes: 15, baseline_minutes: 1 };

/**
 * After a promotion that nobody prepared: as many samples as a demonstration can send, and the shipped limits, but that
 * fewer decisions may differ. The bad versions are the champion's graph with a fault, and decide as it does otherwise.
 */
export const WATCH_PLAN = { baking: { ...BAKING, min_minutes: 3 }, limits: { label_flips: 0.05 } };

/**
 * The whole way in minutes. Percentages are those of the shipped plan. Some hundred requests a step prove less than
 * the shipped thousands, and a model that has seen five times as many rows decides otherwise on every eighth client:
 * therefore more is tolerated.
 */
export const WHOLE_WAY_PLAN = {
  shadow: { min_samples: 300, min_minutes: 0.1, max_minutes: 10 },
  canary: { percents: [5, 25, 50, 100], min_samples: 100, min_minutes: 0.1, max_minutes: 10 },
  baking: BAKING,
  limits: { error_rate: 0.05, slow_share: 0.1, score_shift: 0.1, label_flips: 0.25 },
};

/** Of the plans that are followed. */
export type PlanFiles = Readonly<Record<'watch' | 'wholeWay', string>>;

export function writePlans(folder: string): PlanFiles {
  const files = { watch: path.join(folder, 'watch.yaml'), wholeWay: path.join(folder, 'whole-way.yaml') };
  writeFileSync(files.watch, stringify(WATCH_PLAN));
  writeFileSync(files.wholeWay, stringify(WHOLE_WAY_PLAN));
  return files;
}

export interface RollbackDemoSettings {
  readonly settings: Settings;
  readonly plans: PlanFiles;
}

/** Writes what the settings name, in a folder of its own; ports and model name are others than those of `make up`. */
export async function rollbackDemoSettings(stateDir: string): Promise<RollbackDemoSettings> {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const settings = readSettings({
    MONITORING_INTERVAL_SECONDS: '2',
    ...process.env,
    ...(await ownPorts()),
    PLATFORM_STATE_DIR: stateDir,
    MODEL_NAME,
    POLL_INTERVAL_SECONDS: '1',
    WORKERS: '2',
  });
  return { settings, plans: writePlans(stateDir) };
}
