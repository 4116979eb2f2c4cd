import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { renderPlot } from '../../bench/report/plot.js';
import { dashboardPicture, type DrawnPanel } from './dashboard-picture.js';
import { legendOf, readDashboards, substituted, type DashboardPanel } from './dashboard-queries.js';
import type { PrometheusClient, TimeRange } from '../../src/prometheus/prometheus-client.js';

/** Samples across a chart: more than its width in pixels shows nothing more. */
const SAMPLES = 180;

/**
 * What of the dashboards is drawn, in this order: by the uid of a dashboard and the titles of its panels. A panel that is
 * empty is left out: without a shadow nothing is compared.
 */
export const DRAWN: Readonly<Record<string, readonly string[]>> = {
  serving: [
    'Predictions by version',
    'Requests that were not answered, by code',
    'p99 of predictions by version',
    'Share refused for overload',
  ],
  'live-traffic': [
    'Share of traffic by version, by the policy',
    'Answers by version',
    'p99 by version and role',
    'Mean score by version',
    'Share that failed, by version',
    'Answers that another version saved, by the one that failed',
    'Score difference of a row, by quantile',
    'Rows that the shadow decides otherwise',
  ],
  cluster: [
    'Replicas between their bounds',
    'CPU by replica, of its limit',
    'Messages written, by topic',
    'CPU',
  ],
  attack: [
    'Offered and answered',
    'Messages that wait',
    'p99 of predictions, one minute',
    'Share refused for overload',
    'Replicas and their ceiling',
    'CPU by replica, of its limit',
  ],
};

export interface Drawing {
  /** Of the dashboards as they are generated. */
  readonly dashboards: string;
  /** Where the pictures go: a file a dashboard, `<uid>.svg`. */
  readonly target: string;
  readonly minutes: number;
  /** Between two scrapes, in seconds. */
  readonly scrapeInterval: number;
}

/**
 * Draws the main charts of the last minutes from the dashboards' own queries.
 *
 * @returns the files that were written
 * @throws when a panel is not in its dashboard, or Prometheus does not answer
 */
export async function drawDashboards(
  prometheus: PrometheusClient,
  { dashboards, target, minutes, scrapeInterval }: Drawing,
): Promise<readonly string[]> {
  const end = Math.floor(Date.now() / 1_000);
  const step = Math.max(1, Math.round((minutes * 60) / SAMPLES));
  const range = { start: end - minutes * 60, end, step };
  mkdirSync(target, { recursive: true });
  const files: string[] = [];
  for (const { uid, title, panels } of readDashboards(dashboards)) {
    const drawn: DrawnPanel[] = [];
    for (const name of DRAWN[uid] ?? []) {
      const panel = panels.find((candidate) => candidate.title === name);
      if (panel === undefined) throw new Error(`The dashboard ${uid} has no panel "${name}".`);
      const asked = await ask(prometheus, panel, range, scrapeInterval);
      if (asked.lines.length > 0) drawn.push(asked);
    }
    if (drawn.length === 0) continue;
    const file = path.join(target, `${uid}.svg`);
    writeFileSync(
      file,
      await renderPlot(
        dashboardPicture(title, `Dashboard “${uid}”, ${minutes} minutes; times in UTC.`, drawn, range),
      ),
    );
    files.push(file);
  }
  return files;
}

async function ask(
  prometheus: PrometheusClient,
  panel: DashboardPanel,
  range: TimeRange,
  scrapeInterval: number,
): Promise<DrawnPanel> {
  const answers = await Promise.all(
    panel.queries.map(async ({ expr, legend }) => {
      const series = await prometheus.range(substituted(expr, { step: range.step, scrapeInterval }), range);
      return series.map(({ labels, samples }) => ({ name: legendOf(legend, labels), samples }));
    }),
  );
  return { panel, lines: answers.flat().filter(({ samples }) => samples.length > 0) };
}
