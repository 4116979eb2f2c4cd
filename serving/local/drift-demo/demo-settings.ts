import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { ownPorts } from '../own-ports.js';
import { readSettings, type Settings } from '../settings.js';

/** Said wherever the rows could be taken for somebody's: in the registry, in lineage, in dossiers. */
const MODEL_NAME = 'simulated-credit-scoring';
const WAREHOUSE = 'simulated-warehouse.parquet';

/** Seconds in which the play's monitoring looks back; days and weeks where Airflow runs for good. */
export const MONITORED_SECONDS = 30;

const sections = z.record(z.string(), z.record(z.string(), z.unknown()));

/** The shipped thresholds with a shorter memory: what is "sustained" for days there takes a minute here. */
export function hurriedMonitoring(shipped: string): string {
  const { feedback, quality, drift, request, freshness, ...rest } = sections.parse(parse(shipped));
  return stringify({
    ...rest,
    feedback: { ...feedback, window_days: MONITORED_SECONDS / 86_400 },
    quality: { ...quality, min_labelled: 500 },
    drift: { ...drift, window_hours: MONITORED_SECONDS / 3600 },
    request: {
      ...request,
      sustained_evaluations: 2,
      cooldown_hours: 1,
      min_champion_age_hours: 0,
      min_labelled: 500,
    },
    // The warehouse plays months: that its rows are old is no reason here.
    freshness: { ...freshness, max_age_days: 365 },
  });
}

export interface DemoFolder {
  readonly folder: string;
  readonly warehouseFile: string;
  /** Of the ordinary settings of the platform and its services. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Writes what the settings name. The platform is then started with nothing but these variables. */
export function prepareFolder(folder: string, projectDir: string): DemoFolder {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const monitoring = path.join(folder, 'monitoring.yaml');
  const shipped = path.join(projectDir, 'dags', 'retraining', 'monitoring', 'monitoring.yaml');
  writeFileSync(monitoring, hurriedMonitoring(readFileSync(shipped, 'utf8')));
  const warehouseFile = path.join(folder, WAREHOUSE);
  return {
    folder,
    warehouseFile,
    variables: {
      DATASET_URI: `file://${warehouseFile}`,
      MONITORING_CONFIGURATION: monitoring,
      // The tier's own comparison looks back a quarter of a minute.
      DRIFT_WINDOW_MINUTES: '0.25',
      PREDICTION_LOG_SAMPLE_RATE: '1',
      POLL_INTERVAL_SECONDS: '1',
      SCHEDULES: 'off',
    },
  };
}

/** A platform of its own: folder, ports and model name are others than those of `make up`. */
export async function demoSettings(from: Settings): Promise<{ settings: Settings; demo: DemoFolder }> {
  const stateDir = path.join(from.stateDir, 'drift-demo');
  const demo = prepareFolder(path.join(stateDir, 'bank'), from.projectDir);
  const settings = readSettings({
    ...process.env,
    ...demo.variables,
    PLATFORM_STATE_DIR: stateDir,
    MODEL_NAME,
    // Also of what watches another platform: it must not be told of this one.
    ...(await ownPorts()),
    // The first model need not be the best one; the second is chosen among all candidates and variants.
    CANDIDATES: 'gradient_boosting',
    VARIANTS: 'none',
  });
  return { settings, demo };
}
