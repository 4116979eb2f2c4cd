import { badge, element, show, table } from './elements.js';
import { count, duration, rate } from './format.js';
import { sparkline } from './sparkline.js';

/** @typedef {import('../wire.js').Traffic} Traffic */
/** @typedef {import('../wire.js').TrafficPoint} TrafficPoint */

/** The lines show all that there is, but what is short does not pretend to be long. */
const SHORTEST_MS = 60_000;

/**
 * @typedef {object} Tile
 * @property {string} title
 * @property {(point: TrafficPoint) => number | null} value
 * @property {(value: number | null) => string} text
 * @property {'plain' | 'bad'} tone
 */

/** @type {readonly Tile[]} */
const TILES = [
  { title: 'Requests', value: (point) => point.requests_per_second, text: rateText, tone: 'plain' },
  {
    title: 'Refused and failed',
    value: (point) => point.refused_per_second + point.failed_per_second,
    text: rateText,
    tone: 'bad',
  },
  { title: 'Median', value: (point) => point.p50_seconds, text: duration, tone: 'plain' },
  { title: '99th percentile', value: (point) => point.p99_seconds, text: duration, tone: 'plain' },
];

/** @param {number | null} value */
function rateText(value) {
  return value === null ? '–' : rate(value);
}

/**
 * @param {Element} container
 * @param {Traffic} traffic
 * @param {readonly number[]} swaps when another version began to answer, in milliseconds
 */
export function showTraffic(container, { points, requests, versions, recent_seconds: seconds, at }, swaps) {
  const first = Date.parse(points.at(0)?.at ?? at);
  const spanMs = Math.max(SHORTEST_MS, Date.parse(points.at(-1)?.at ?? at) - first);
  show(container, [at, swaps], () => [
    element('div', { class: 'tiles' }, ...TILES.map((tile) => tileElement(tile, points, swaps, spanMs))),
    element(
      'p',
      { class: 'quiet' },
      `Lines are of the last ${spanMs < 120_000 ? 'minute' : `${Math.round(spanMs / 60_000)} minutes`}; a dashed one is a swap. `,
      `Rates and times of the tables are of the last ${count(Math.max(1, Math.round(seconds)))} seconds, totals since the start.`,
    ),
    element(
      'div',
      { class: 'columns' },
      table(
        'By version',
        [
          { title: 'Model' },
          { title: 'Version' },
          { title: 'Rate', numeric: true },
          { title: 'Median', numeric: true },
          { title: '99 %', numeric: true },
          { title: 'Predictions', numeric: true },
          { title: 'Rows', numeric: true },
        ],
        [...versions]
          .sort((one, other) => other.per_second - one.per_second || other.requests - one.requests)
          .map((version) => [
            `${version.model}@${version.alias}`,
            version.version,
            rate(version.per_second),
            duration(version.p50_seconds),
            duration(version.p99_seconds),
            count(version.requests),
            count(version.rows),
          ]),
        'No predictions yet.',
      ),
      table(
        'By route and outcome',
        [
          { title: 'Route' },
          { title: 'Status' },
          { title: 'Code' },
          { title: 'Rate', numeric: true },
          { title: 'Total', numeric: true },
        ],
        [...requests]
          .sort((one, other) => other.per_second - one.per_second || other.total - one.total)
          .map(({ route, status, code, per_second: perSecond, total }) => [
            element('code', {}, route),
            badge(status < 400 ? 'good' : status < 500 ? 'warning' : 'bad', String(status)),
            code,
            rate(perSecond),
            count(total),
          ]),
        'No requests yet.',
      ),
    ),
  ]);
}

/**
 * @param {Tile} tile
 * @param {readonly TrafficPoint[]} points
 * @param {readonly number[]} markers
 * @param {number} spanMs
 */
function tileElement({ title, value, text, tone }, points, markers, spanMs) {
  const values = points.map((point) => ({ at: Date.parse(point.at), value: value(point) }));
  const latest = values.at(-1)?.value ?? null;
  const known = values.flatMap((point) => point.value ?? []);
  const highest = known.length === 0 ? null : Math.max(...known);
  return element(
    'figure',
    { class: 'card tile' },
    element('figcaption', {}, title),
    element('strong', {}, text(latest)),
    sparkline(
      { label: `${title}: ${text(latest)}, at most ${text(highest)}`, points: values, markers, tone },
      spanMs,
    ),
    element(
      'span',
      { class: 'quiet' },
      values.length === 0
        ? 'measuring …'
        : highest === null
          ? 'nothing predicted yet'
          : `at most ${text(highest)}`,
    ),
  );
}
