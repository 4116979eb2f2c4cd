import type { ColumnDrift, DriftReport, ModelDrift } from '../quality/drift-judge.js';
import type { DriftState } from '../quality/drift-state.js';

/** Rates and distances are null while there is too little to compare, or no such thing for the column. */
interface ColumnAnswer {
  readonly name: string;
  readonly state: DriftState;
  readonly psi: number | null;
  readonly js_distance: number | null;
  readonly missing_rate: number | null;
  readonly reference_missing_rate: number;
  readonly unseen_rate: number | null;
}

interface ModelAnswer {
  readonly model_name: string;
  readonly alias: string;
  readonly version: string;
  readonly digest: string;
  readonly window_rows: number;
  readonly effective_rows: number;
  /** Names of features and outputs. */
  readonly drifted: readonly string[];
  readonly features: readonly ColumnAnswer[];
  readonly outputs: readonly ColumnAnswer[];
  readonly unmeasured_features: readonly string[];
}

/** The body of `GET /drift`. It holds no feature values. */
export interface DriftAnswer {
  /** false: DRIFT_ROWS_PER_SECOND is 0, and nothing is counted. */
  readonly enabled: boolean;
  readonly window_seconds: number;
  readonly min_rows: number;
  readonly psi_thresholds: { readonly upper: number; readonly lower: number };
  readonly models: readonly ModelAnswer[];
}

export function driftAnswer({ settings, models }: DriftReport): DriftAnswer {
  return {
    enabled: settings.rowsPerSecond > 0,
    window_seconds: settings.windowMs / 1_000,
    min_rows: settings.minRows,
    psi_thresholds: settings.thresholds,
    models: models.map(modelAnswer),
  };
}

function modelAnswer({ features, outputs, ...rest }: ModelDrift): ModelAnswer {
  return {
    model_name: rest.modelName,
    alias: rest.alias,
    version: rest.version,
    digest: rest.digest,
    window_rows: rest.windowRows,
    effective_rows: Math.floor(rest.effectiveRows),
    drifted: [...features, ...outputs].flatMap(({ name, state }) => (state === 'drifted' ? name : [])),
    features: features.map(columnAnswer),
    outputs: outputs.map(columnAnswer),
    unmeasured_features: rest.unmeasuredFeatures,
  };
}

function columnAnswer(column: ColumnDrift): ColumnAnswer {
  return {
    name: column.name,
    state: column.state,
    psi: column.psi ?? null,
    js_distance: column.jsDistance ?? null,
    missing_rate: column.missingRate ?? null,
    reference_missing_rate: column.referenceMissingRate,
    unseen_rate: column.unseenRate ?? null,
  };
}
