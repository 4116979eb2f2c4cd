import path from 'node:path';
import { print } from '../console.js';
import { PlatformFailure } from '../failure.js';
import type { Platform } from '../platform.js';
import { drawDashboards } from './draw-dashboards.js';
import { PrometheusClient } from '../../src/prometheus/prometheus-client.js';

/** `make monitoring-picture`: the main charts of the last minutes, for the README. */
export async function picture({ settings }: Platform): Promise<void> {
  const folder = path.join(settings.projectDir, 'monitoring', 'dashboards');
  const files = await drawDashboards(new PrometheusClient(settings.urls.prometheus), {
    dashboards: path.join(folder, 'generated'),
    target: folder,
    minutes: settings.pictureMinutes,
    scrapeInterval: settings.monitoringIntervalSeconds,
  }).catch((error: unknown) => {
    throw new PlatformFailure(
      `Prometheus at ${settings.urls.prometheus} gave no data: ${error instanceof Error ? error.message : String(error)}.`,
      'Start it with `make monitoring-up`.',
    );
  });
  for (const file of files) print(`  ${path.relative(settings.projectDir, file)}`);
}
