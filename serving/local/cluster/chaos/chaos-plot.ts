import type { TopLevelSpec } from 'vega-lite';
import { colour } from '../../../bench/report/colours.js';
import { curves, markLines, markNames, PLOT_WIDTH, secondsAxis, type Point } from '../../play-plot.js';
import { reportOf, type RequestRecord } from '../load-report.js';
import type { Played } from './scenario.js';

const HEIGHT = 90;
const WINDOW_MS = 1_000;

/** Share of requests that were answered, their latencies, who answered, and the pods, second by second. */
export function chaosPlot({ name, records, marks, pods, load }: Played): TopLevelSpec {
  const startAt = Math.min(...records.map(({ at }) => at));
  const end = Math.ceil(load.seconds);
  const second = (at: number): number => (at - startAt) / 1_000;
  const x = secondsAxis(end);
  const lines = marks.map(({ at, text }) => ({ second: second(at), text }));
  const rules = markLines(lines, x);
  const names = markNames(lines, x, HEIGHT);
  const panel = (
    title: string,
    colours: Readonly<Record<string, string>>,
    points: readonly Point[],
    { more = [], step = false }: { readonly more?: readonly (typeof names)[]; readonly step?: boolean } = {},
  ) => ({
    width: PLOT_WIDTH,
    height: HEIGHT,
    layer: [rules, ...more, curves(title, colours, points, x, step)],
  });
  const windows = windowsOf(records, startAt).map(({ second, report }) => ({ second, ...report }));
  const latency = (series: string, of: (window: (typeof windows)[number]) => number): Point[] =>
    // Where nobody was answered the line breaks.
    windows.map((window) => ({
      second: window.second,
      value: Number.isNaN(of(window)) ? null : of(window),
      series,
    }));
  const tracks = Object.keys(load.byTrack).sort();
  const trackColours = [colour('ours'), colour('second'), colour('third'), colour('limit')];
  const podPoints = (series: string, value: (moment: (typeof pods)[number]) => number): Point[] => {
    const points = pods.map((one) => ({ second: Math.max(0, second(one.at)), value: value(one), series }));
    const last = points.at(-1);
    return last === undefined ? [] : [...points, { ...last, second: end }];
  };
  return {
    title: { text: name },
    config: { legend: { labelLimit: 0 } },
    resolve: { scale: { color: 'independent' } },
    vconcat: [
      panel(
        '% answered',
        { answered: colour('third') },
        windows.map(({ second: at, requests, failed }) => ({
          second: at,
          value: ((requests - failed) / requests) * 100,
          series: 'answered',
        })),
        { more: [names] },
      ),
      panel('ms', { p50: colour('ours'), p99: colour('second') }, [
        ...latency('p50', ({ p50Ms }) => p50Ms),
        ...latency('p99', ({ p99Ms }) => p99Ms),
      ]),
      ...(tracks.length > 1
        ? [
            panel(
              '% by track',
              Object.fromEntries(tracks.map((track, i) => [track, trackColours[i % trackColours.length]!])),
              windows.flatMap(({ second: at, byTrack, requests }) =>
                tracks.map((series) => ({
                  second: at,
                  value: ((byTrack[series] ?? 0) / requests) * 100,
                  series,
                })),
              ),
            ),
          ]
        : []),
      panel(
        'pods',
        { ready: colour('ours'), ending: colour('theirs') },
        [...podPoints('ready', ({ ready }) => ready), ...podPoints('ending', ({ ending }) => ending)],
        { step: true },
      ),
    ],
  };
}

/** Second by second, where anything was due; each stands at its middle. */
function windowsOf(records: readonly RequestRecord[], startAt: number) {
  const bySecond = new Map<number, RequestRecord[]>();
  for (const record of records) {
    const window = Math.floor((record.at - startAt) / WINDOW_MS);
    const found = bySecond.get(window);
    if (found === undefined) bySecond.set(window, [record]);
    else found.push(record);
  }
  return [...bySecond]
    .sort(([a], [b]) => a - b)
    .map(([window, found]) => ({ second: ((window + 0.5) * WINDOW_MS) / 1_000, report: reportOf(found) }));
}
