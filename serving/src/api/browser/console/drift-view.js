import { badge, element, show, table } from './elements.js';
import { count, number, percent } from './format.js';

/** @typedef {import('../wire.js').Drift} Drift */
/** @typedef {import('../wire.js').ModelDrift} ModelDrift */
/** @typedef {import('../wire.js').ColumnDrift} ColumnDrift */

const STATES = /** @type {const} */ ({
  calm: ['good', 'calm'],
  drifted: ['bad', 'drifted'],
  too_few_rows: ['plain', 'not enough rows yet'],
  reference_too_small: ['plain', 'reference too small'],
});

/** Names in one sentence. */
const MAX_NAMES = 20;

/**
 * @param {Element} container
 * @param {Drift} drift
 */
export function showDrift(container, drift) {
  show(container, drift, () =>
    drift.enabled
      ? drift.models.length === 0
        ? [element('p', { class: 'empty' }, 'No version is available.')]
        : drift.models.map((model) => modelElement(model, drift))
      : [element('p', { class: 'empty' }, 'Drift is not measured: DRIFT_ROWS_PER_SECOND is 0.')],
  );
}

/**
 * @param {ModelDrift} model
 * @param {Drift} drift
 */
function modelElement(model, drift) {
  const { upper, lower } = drift.psi_thresholds;
  const columns = [
    ...model.outputs.map((column) => ({ column, kind: 'output' })),
    ...model.features.map((column) => ({ column, kind: 'feature' })),
  ].sort((one, other) => (other.column.psi ?? -1) - (one.column.psi ?? -1));
  const silence = silenceOf(model, drift.min_rows);
  // Far beyond the threshold a bar is full: how far is in its number, and the others stay readable.
  const scale = 4 * upper;
  return element(
    'article',
    { class: 'card' },
    element(
      'header',
      {},
      element('h3', {}, model.model_name, element('span', { class: 'alias' }, `@${model.alias}`)),
      element(
        'p',
        { class: 'quiet' },
        `version ${model.version}; ${count(model.window_rows)} rows of the last ${count(Math.round(drift.window_seconds / 60))} minutes against its training data. `,
        `Drifted above ${number(upper)}, calm again below ${number(lower)}.`,
      ),
    ),
    silence === undefined
      ? table(
          `Drift of ${model.model_name}`,
          [
            { title: 'Column' },
            { title: 'State' },
            { title: 'Stability index' },
            { title: 'JS distance', numeric: true },
            { title: 'Missing', numeric: true },
            { title: 'Missing in training', numeric: true },
            { title: 'Unseen', numeric: true },
          ],
          columns.map(({ column, kind }) => columnRow(column, kind, scale, upper)),
          '',
        )
      : element('p', { class: 'empty' }, silence),
    model.unmeasured_features.length > 0 &&
      element(
        'p',
        { class: 'quiet' },
        `Not measured, without a reference or beyond DRIFT_MAX_FEATURES: ${listed(model.unmeasured_features)}.`,
      ),
  );
}

/** @param {readonly string[]} names */
function listed(names) {
  const rest = names.length - MAX_NAMES;
  return names.slice(0, MAX_NAMES).join(', ') + (rest > 0 ? ` and ${count(rest)} more` : '');
}

/**
 * Why no column can be compared; undefined when one can. A table of nothing but dashes says less than a sentence.
 *
 * @param {ModelDrift} model
 * @param {number} minRows
 */
function silenceOf({ features, outputs, effective_rows: rows }, minRows) {
  const columns = [...outputs, ...features];
  if (columns.length === 0) return 'This version has no reference to compare with.';
  if (columns.every(({ state }) => state === 'reference_too_small')) {
    return 'Its reference holds too few rows to compare with.';
  }
  if (columns.some(({ psi }) => psi !== null)) return undefined;
  return rows < minRows
    ? `Not enough rows yet: ${count(rows)} of the ${count(minRows)} that are needed.`
    : 'Not enough rows yet: columns of many bins need more of them.';
}

/**
 * @param {ColumnDrift} column
 * @param {string} kind
 * @param {number} scale the index at the right edge of the bars
 * @param {number} upper
 */
function columnRow(column, kind, scale, upper) {
  const [tone, word] = STATES[column.state];
  return [
    element('span', {}, column.name, kind === 'output' && element('span', { class: 'quiet' }, ' (output)')),
    badge(tone, word),
    column.psi === null ? '–' : bar(column.psi, scale, upper, column.state === 'drifted'),
    column.js_distance === null ? '–' : column.js_distance.toFixed(3),
    percent(column.missing_rate),
    percent(column.reference_missing_rate),
    percent(column.unseen_rate),
  ];
}

/**
 * @param {number} value
 * @param {number} scale
 * @param {number} threshold
 * @param {boolean} drifted
 */
function bar(value, scale, threshold, drifted) {
  const filled = element('span', { class: drifted ? 'filled bad' : 'filled' });
  filled.style.width = `${Math.min(1, value / scale) * 100}%`;
  const limit = element('span', { class: 'limit' });
  limit.style.left = `${(threshold / scale) * 100}%`;
  return element(
    'div',
    { class: 'bar' },
    element('span', { class: 'track', 'aria-hidden': 'true' }, filled, limit),
    element('span', { class: 'value' }, value.toFixed(3)),
  );
}
