import { jensenShannonDistance, populationStabilityIndex } from './divergence.js';
import type { DriftSettings } from './drift-settings.js';
import { combineSnapshots, type ColumnSnapshot, type DriftSnapshot } from './drift-snapshot.js';
import { driftState, ROWS_PER_BIN, type DriftState } from './drift-state.js';
import { total } from './total.js';

/** One feature or output against its reference. Rates are shares of rows, from 0 to 1. */
export interface ColumnDrift {
  readonly name: string;
  readonly state: DriftState;
  /** Population stability index. Like the others undefined while there is too little to compare. */
  readonly psi: number | undefined;
  readonly jsDistance: number | undefined;
  readonly missingRate: number | undefined;
  /** Values of no category of the reference; undefined for numbers too. */
  readonly unseenRate: number | undefined;
  readonly referenceMissingRate: number;
}

/** The window of what answers for a model under an alias. */
export interface ModelDrift {
  readonly modelName: string;
  readonly alias: string;
  readonly version: string;
  readonly digest: string;
  /** Predicted rows that the window stands for, of which a sample was counted. */
  readonly windowRows: number;
  /**
   * As many rows of equal weight would tell as much as the sample does (L. Kish, Survey Sampling, Wiley 1965);
   * without sampling, the rows themselves.
   */
  readonly effectiveRows: number;
  readonly features: readonly ColumnDrift[];
  readonly outputs: readonly ColumnDrift[];
  readonly unmeasuredFeatures: readonly string[];
}

export interface DriftReport {
  readonly settings: DriftSettings;
  /** One entry a model that has a version available. */
  readonly models: readonly ModelDrift[];
}

/** Compares what was counted with the reference, and remembers what has drifted. One a replica. */
export class DriftJudge {
  readonly #settings: DriftSettings;
  /** Columns whose last verdict is drifted, by the bytes that they are of. */
  #drifted: ReadonlySet<string> = new Set();

  constructor(settings: DriftSettings) {
    this.#settings = settings;
  }

  /** @param snapshots of every process of the replica */
  judge(snapshots: readonly DriftSnapshot[]): DriftReport {
    const drifted = new Set<string>();
    const models = combineSnapshots(snapshots).map((snapshot): ModelDrift => {
      const { modelName, alias, version, digest, weight, squaredWeight } = snapshot;
      const effectiveRows = squaredWeight === 0 ? 0 : weight ** 2 / squaredWeight;
      const judged = (columns: readonly ColumnSnapshot[], side: string): ColumnDrift[] =>
        columns.map((column) => {
          const key = JSON.stringify([modelName, alias, version, digest, side, column.name]);
          const wasDrifted = this.#drifted.has(key);
          const verdict = this.#compare(column, effectiveRows, wasDrifted);
          // Traffic that pauses is no sign of calm.
          if (verdict.state === 'drifted' || (verdict.state === 'too_few_rows' && wasDrifted))
            drifted.add(key);
          return verdict;
        });
      return {
        modelName,
        alias,
        version,
        digest,
        windowRows: weight,
        effectiveRows,
        features: judged(snapshot.features, 'feature'),
        outputs: judged(snapshot.outputs, 'output'),
        unmeasuredFeatures: snapshot.unmeasuredFeatures,
      };
    });
    // What is not served any more is forgotten with it.
    this.#drifted = drifted;
    return { settings: this.#settings, models };
  }

  #compare(column: ColumnSnapshot, effectiveRows: number, wasDrifted: boolean): ColumnDrift {
    const { name, reference, current, missingBin, unseenBin } = column;
    const referenceRows = total(reference);
    const rows = total(current);
    const silent = {
      name,
      psi: undefined,
      jsDistance: undefined,
      missingRate: undefined,
      unseenRate: undefined,
      referenceMissingRate: reference[missingBin]! / referenceRows,
    };
    const enough = ROWS_PER_BIN * reference.length;
    if (referenceRows < enough) return { ...silent, state: 'reference_too_small' };
    if (rows === 0 || effectiveRows < Math.max(enough, this.#settings.minRows)) {
      return { ...silent, state: 'too_few_rows' };
    }
    const psi = populationStabilityIndex(reference, current);
    return {
      ...silent,
      state: driftState(wasDrifted, psi, this.#settings.thresholds),
      psi,
      jsDistance: jensenShannonDistance(reference, current),
      missingRate: current[missingBin]! / rows,
      unseenRate: unseenBin === undefined ? undefined : current[unseenBin]! / rows,
    };
  }
}
