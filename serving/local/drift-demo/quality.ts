/** A score that was given and what became of it. */
export interface Judged {
  /** Probability of default that was predicted. */
  readonly score: number;
  readonly label: 0 | 1;
}

/** What predictions turned out to be worth. */
export interface Quality {
  readonly rows: number;
  /** Area under the ROC curve; undefined while only one of the classes was seen. */
  readonly auc: number | undefined;
  /** Mean squared difference of score and outcome. */
  readonly brier: number;
  /** Mean of the scores minus the share of defaults: below zero, the model promises too much. */
  readonly bias: number;
  readonly defaultRate: number;
}

/** undefined without rows */
export function qualityOf(rows: readonly Judged[]): Quality | undefined {
  if (rows.length === 0) return undefined;
  const mean = (value: (row: Judged) => number): number =>
    rows.reduce((sum, row) => sum + value(row), 0) / rows.length;
  const defaultRate = mean(({ label }) => label);
  return {
    rows: rows.length,
    auc: areaUnderCurve(rows),
    brier: mean(({ score, label }) => (score - label) ** 2),
    bias: mean(({ score }) => score) - defaultRate,
    defaultRate,
  };
}

/** By ranks (Mann and Whitney, 1947); equal scores share the mean of their ranks. */
function areaUnderCurve(rows: readonly Judged[]): number | undefined {
  const sorted = [...rows].sort((one, other) => one.score - other.score);
  const bad = sorted.filter(({ label }) => label === 1).length;
  const good = sorted.length - bad;
  if (bad === 0 || good === 0) return undefined;
  let rankSum = 0;
  for (let start = 0; start < sorted.length;) {
    let end = start + 1;
    while (end < sorted.length && sorted[end]!.score === sorted[start]!.score) end += 1;
    const rank = (start + 1 + end) / 2;
    for (let i = start; i < end; i += 1) rankSum += sorted[i]!.label * rank;
    start = end;
  }
  return (rankSum - (bad * (bad + 1)) / 2) / (bad * good);
}
