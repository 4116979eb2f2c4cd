/** Counts of one feature or output, bin by bin. Plain data: it travels from worker to primary. */
export interface ColumnSnapshot {
  readonly name: string;
  readonly reference: readonly number[];
  readonly current: readonly number[];
  readonly missingBin: number;
  /** Absent for numbers: their outer bins are open, so none is unseen. */
  readonly unseenBin?: number;
}

/** What one process has counted for the version that answers for a model under an alias. */
export interface DriftSnapshot {
  readonly modelName: string;
  readonly alias: string;
  readonly version: string;
  readonly digest: string;
  /** Predicted rows that the window stands for: the sum of the weights of those that were counted. */
  readonly weight: number;
  /** Sum of the squares of the weights. */
  readonly squaredWeight: number;
  readonly features: readonly ColumnSnapshot[];
  readonly outputs: readonly ColumnSnapshot[];
  /** Features that the reference does not describe, or that are beyond the number of those to measure. */
  readonly unmeasuredFeatures: readonly string[];
}

function addedColumns(
  one: readonly ColumnSnapshot[],
  other: readonly ColumnSnapshot[],
): readonly ColumnSnapshot[] {
  return one.map((column, i) => ({
    ...column,
    current: column.current.map((count, bin) => count + other[i]!.current[bin]!),
  }));
}

/** Both are of the same bytes, so their columns and bins are the same. */
function added(one: DriftSnapshot, other: DriftSnapshot): DriftSnapshot {
  return {
    ...one,
    weight: one.weight + other.weight,
    squaredWeight: one.squaredWeight + other.squaredWeight,
    features: addedColumns(one.features, other.features),
    outputs: addedColumns(one.outputs, other.outputs),
  };
}

/**
 * The counts of several processes as one a model and alias. While they swap and serve different bytes, those that
 * most of them serve speak; between as many, those with fewer rows, which are the newer ones.
 */
export function combineSnapshots(snapshots: readonly DriftSnapshot[]): DriftSnapshot[] {
  const models = new Map<string, Map<string, { processes: number; sum: DriftSnapshot }>>();
  for (const snapshot of snapshots) {
    const model = `${snapshot.modelName}@${snapshot.alias}`;
    const versions = models.get(model) ?? new Map<string, { processes: number; sum: DriftSnapshot }>();
    models.set(model, versions);
    const bytes = `${snapshot.version}/${snapshot.digest}`;
    const known = versions.get(bytes);
    versions.set(
      bytes,
      known === undefined
        ? { processes: 1, sum: snapshot }
        : { processes: known.processes + 1, sum: added(known.sum, snapshot) },
    );
  }
  return [...models.values()].map((versions) => {
    const [first] = [...versions.values()].sort(
      (one, other) => other.processes - one.processes || one.sum.weight - other.sum.weight,
    );
    return first!.sum;
  });
}
