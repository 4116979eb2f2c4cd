import { svg } from './elements.js';

const WIDTH = 240;
const HEIGHT = 48;
/** Room for half a line at the edges. */
const MARGIN = 2;

/**
 * @typedef {object} Series
 * @property {string} label what a screen reader says
 * @property {readonly { readonly at: number, readonly value: number | null }[]} points oldest first, in milliseconds
 * @property {readonly number[]} markers moments to point out
 * @property {'plain' | 'bad'} tone
 */

/**
 * A small line over time. Where a value is null the line has a gap.
 *
 * @param {Series} series
 * @param {number} spanMs time from the left edge to the newest point, which is at the right one
 */
export function sparkline({ label, points, markers, tone }, spanMs) {
  const end = points.at(-1)?.at ?? 0;
  const top = Math.max(0, ...points.map(({ value }) => value ?? 0)) || 1;
  const x = (/** @type {number} */ at) => WIDTH - ((end - at) / spanMs) * WIDTH;
  const y = (/** @type {number} */ value) => HEIGHT - MARGIN - (value / top) * (HEIGHT - 2 * MARGIN);
  const runs = runsOf(points).map((run) => run.map(({ at, value }) => [x(at), y(value)].map(rounded).join()));
  const left = (/** @type {string} */ point) => point.split(',')[0] ?? '0';
  return svg(
    'svg',
    {
      class: `sparkline ${tone}`,
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: 'none',
      role: 'img',
      'aria-label': label,
    },
    ...markers
      .filter((at) => at <= end && at > end - spanMs)
      .map((at) => {
        const place = String(rounded(x(at)));
        return svg('line', { class: 'marker', x1: place, x2: place, y1: '0', y2: String(HEIGHT) });
      }),
    ...runs.flatMap((run) => [
      svg('polygon', {
        points: [`${left(run[0] ?? '')},${HEIGHT}`, ...run, `${left(run.at(-1) ?? '')},${HEIGHT}`].join(' '),
      }),
      svg('polyline', { points: run.join(' ') }),
    ]),
  );
}

/** @param {number} value */
function rounded(value) {
  return Math.round(value * 10) / 10;
}

/**
 * Points without gaps between them.
 *
 * @param {Series['points']} points
 */
function runsOf(points) {
  /** @type {{ at: number, value: number }[][]} */
  const runs = [];
  let open = false;
  for (const { at, value } of points) {
    if (value === null) {
      open = false;
      continue;
    }
    if (open) runs.at(-1)?.push({ at, value });
    else runs.push([{ at, value }]);
    open = true;
  }
  return runs;
}
