import { existsSync } from 'node:fs';
import { bold, say } from './console.js';
import { PlatformFailure } from './failure.js';
import type { Platform } from './platform.js';
import type { ServiceName } from './service.js';

/**
 * What watches first, so that it does not report what is being stopped; then serving, so that it does not report a
 * registry that is gone; then those it depends on.
 */
const STOP_ORDER: readonly ServiceName[] = [
  'prometheus',
  'alertmanager',
  'notification-sink',
  'retraining-requests',
  'node-exporter',
  'stream',
  'kafka',
  'nginx',
  'blue',
  'green',
  'serving',
  'airflow',
  'mlflow',
  'pushgateway',
  'statsd-exporter',
];

/** Stops what runs, whoever started it, and looks again. Data stays. */
export async function down({ settings, processes }: Platform): Promise<void> {
  if (existsSync(settings.stateDir)) {
    for (const name of STOP_ORDER) {
      const entry = processes.running(name);
      await processes.stop(name);
      if (entry) say(`${bold(name)} stopped`);
    }
  }
  const stragglers = processes.findAll();
  if (stragglers.length > 0) say(`ending ${stragglers.length} processes that a crash left behind`);
  const left = await processes.sweep();
  if (left.length > 0) {
    const list = left.map(({ pid, command }) => `${pid} ${command}`).join('; ');
    throw new PlatformFailure(`Still running after SIGKILL: ${list}`);
  }
  // Also of commands that were killed before they could take theirs back.
  processes.scrapeTargets.clear();
  say('no process of the platform is left');
}
