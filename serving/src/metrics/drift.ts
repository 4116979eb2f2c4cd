import { Gauge, Registry } from 'prom-client';
import type { ColumnDrift, DriftReport } from '../quality/drift-judge.js';

type ColumnGauge = Gauge<'model' | 'alias' | 'feature' | 'output'>;

const DRIFTED = '1 since its index rose above the upper threshold, until it falls below the lower one';

function of(what: string): string {
  return `${what} against the reference in the model package`;
}

/**
 * Live traffic against the reference of the version that answers. A registry of its own, filled when somebody
 * scrapes: the counts of a replica's processes are added before they are compared, since indexes can't be. A column
 * that can't be compared has no sample: no number is better than one of too few rows.
 */
export class DriftMetrics {
  readonly #registry = new Registry();
  readonly #features = {
    psi: this.#gauge('serving_feature_drift_psi', of('Population stability index of a feature'), 'feature'),
    jsDistance: this.#gauge(
      'serving_feature_drift_js_distance',
      of('Jensen-Shannon distance, from 0 to 1, of a feature'),
      'feature',
    ),
    drifted: this.#gauge('serving_feature_drifted', DRIFTED, 'feature'),
  };
  readonly #missing = this.#gauge(
    'serving_feature_missing_ratio',
    'Share of rows in the drift window that lack a feature',
    'feature',
  );
  readonly #scores = {
    psi: this.#gauge('serving_score_drift_psi', of('Population stability index of an output'), 'output'),
    jsDistance: this.#gauge(
      'serving_score_drift_js_distance',
      of('Jensen-Shannon distance, from 0 to 1, of an output'),
      'output',
    ),
    drifted: this.#gauge('serving_score_drifted', DRIFTED, 'output'),
  };
  readonly #windowRows = new Gauge({
    name: 'serving_drift_window_rows',
    help: 'Predicted rows that the drift window stands for',
    labelNames: ['model', 'alias'],
    registers: [this.#registry],
  });

  /** In the text format of Prometheus. */
  async text({ models }: DriftReport): Promise<string> {
    this.#registry.resetMetrics();
    for (const { modelName: model, alias, features, outputs, windowRows } of models) {
      this.#windowRows.set({ model, alias }, windowRows);
      for (const column of features) {
        const labels = { model, alias, feature: column.name };
        set(this.#features, labels, column);
        if (column.missingRate !== undefined) this.#missing.set(labels, column.missingRate);
      }
      for (const column of outputs) set(this.#scores, { model, alias, output: column.name }, column);
    }
    return this.#registry.metrics();
  }

  #gauge(name: string, help: string, label: 'feature' | 'output'): ColumnGauge {
    return new Gauge({ name, help, labelNames: ['model', 'alias', label], registers: [this.#registry] });
  }
}

function set(
  gauges: { readonly psi: ColumnGauge; readonly jsDistance: ColumnGauge; readonly drifted: ColumnGauge },
  labels: Record<string, string>,
  { state, psi, jsDistance }: ColumnDrift,
): void {
  if (psi === undefined || jsDistance === undefined) return;
  gauges.psi.set(labels, psi);
  gauges.jsDistance.set(labels, jsDistance);
  gauges.drifted.set(labels, state === 'drifted' ? 1 : 0);
}
