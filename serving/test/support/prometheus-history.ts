import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { monitoringTool } from './monitoring-tools.js';
import { PrometheusUnderTest } from './prometheus-under-test.js';
import { temporaryDirectory } from './temporary-directory.js';

const run = promisify(execFile);
const SCRAPE_SECONDS = 15;

type Labels = Readonly<Record<string, string>>;
/** Seconds since the epoch, and the value there. */
type Point = readonly [at: number, value: number];

/** Series as a Prometheus would have scraped them, in OpenMetrics. */
export class ScrapedSeries {
  readonly #lines: string[] = [];

  /** On straight lines between the points, a sample every 15 seconds. */
  add(name: string, labels: Labels, ...points: readonly Point[]): void {
    const each = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
    const first = points[0]![0];
    const last = points.at(-1)![0];
    for (let at = first; at <= last; at += SCRAPE_SECONDS) {
      this.#lines.push(`${name}{${each.join(',')}} ${valueAt(points, at)} ${at}`);
    }
  }

  /** A histogram whose buckets all rise from nothing. @param totals by upper bound, each with those below it */
  addHistogram(
    name: string,
    labels: Labels,
    [from, to]: readonly [number, number],
    totals: Readonly<Record<string, number>>,
    sum: number,
  ): void {
    const counted = Object.values(totals).at(-1)!;
    for (const [le, total] of [...Object.entries(totals), ['+Inf', counted] as const]) {
      this.add(`${name}_bucket`, { ...labels, le }, [from, 0], [to, total]);
    }
    this.add(`${name}_sum`, labels, [from, 0], [to, sum]);
    this.add(`${name}_count`, labels, [from, 0], [to, counted]);
  }

  text(): string {
    return `${this.#lines.join('\n')}\n# EOF\n`;
  }
}

function valueAt(points: readonly Point[], at: number): number {
  const next = points.findIndex(([time]) => time >= at);
  const [to, high] = points[next]!;
  if (next === 0 || to === at) return high;
  const [from, low] = points[next - 1]!;
  return low + ((high - low) * (at - from)) / (to - from);
}

/** Whether a Prometheus can be given a past. */
export function canHaveHistory(): boolean {
  return PrometheusUnderTest.isInstalled() && monitoringTool('promtool') !== undefined;
}

/** A real Prometheus that has scraped these series some time ago, and scrapes nothing now. */
export async function prometheusWithHistory(series: ScrapedSeries): Promise<PrometheusUnderTest> {
  const folder = temporaryDirectory();
  const file = join(folder, 'series.txt');
  writeFileSync(file, series.text());
  const data = join(folder, 'data');
  await run(monitoringTool('promtool')!, ['tsdb', 'create-blocks-from', 'openmetrics', file, data]);
  return PrometheusUnderTest.start({ data, flags: ['--storage.tsdb.retention.time=10y'] });
}
