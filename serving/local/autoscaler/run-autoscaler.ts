import { setTimeout as sleep } from 'node:timers/promises';
import { bold, dim, say, yellow } from '../console.js';
import { messageOf } from '../failure.js';
import { serveMetrics } from '../metrics-page.js';
import type { Platform } from '../platform.js';
import { PrometheusReader } from '../prometheus-reader.js';
import { Autoscaler } from './autoscaler.js';
import { TierWorkers } from './tier-workers.js';

/** Runs until SIGTERM or SIGINT. A look that fails is said and made again. */
export async function runAutoscaler({ settings, secrets, processes }: Platform): Promise<void> {
  const { autoscaler: chosen, ports, urls } = settings;
  const scaler = new Autoscaler(
    chosen.rule,
    chosen.cpuLimitCores,
    new TierWorkers(urls.management, secrets.servingAdminToken),
    new PrometheusReader(urls.prometheus),
  );
  const page = await serveMetrics(scaler.metrics, ports.autoscaler);
  processes.scrapeTargets.add('autoscaler', { job: 'autoscaler', port: ports.autoscaler });
  const stop = new AbortController();
  const onSignal = (): void => {
    stop.abort();
  };
  process.once('SIGTERM', onSignal);
  process.once('SIGINT', onSignal);
  say(`autoscaler: ${chosen.rule.min} to ${chosen.rule.max} workers, metrics on ${page.url}`);
  let said = '';
  try {
    while (!stop.signal.aborted) {
      const line = await scaler.look().then(
        ({ replicas, desired, utilisation, trouble }) => {
          const load = utilisation === undefined ? '-' : `${(utilisation * 100).toFixed(0)} %`;
          if (trouble !== undefined) return `${yellow('no change')}: ${trouble}`;
          return desired === replicas
            ? dim(`${replicas} replicas are enough`)
            : bold(`${replicas} replicas at ${load} of their CPU limit: ${desired} are wanted`);
        },
        (error: unknown) => `${yellow('the tier does not answer')}: ${messageOf(error)}`,
      );
      if (line !== said) say(line);
      said = line;
      await sleep(chosen.intervalMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  } finally {
    process.off('SIGTERM', onSignal);
    process.off('SIGINT', onSignal);
    processes.scrapeTargets.remove('autoscaler');
    await page.close();
  }
}
