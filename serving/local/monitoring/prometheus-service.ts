import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Service } from '../service.js';
import type { Settings } from '../settings.js';
import { filledTemplate } from './filled-template.js';
import { writeShortenedAlerts } from './shortened-alerts.js';
import { ToolService } from './tool-service.js';

/** Rules and alerts come straight from the checkout: after an edit, `curl -X POST .../-/reload` or start it again. */
export function prometheusService(settings: Settings): Service {
  return new ToolService(settings, {
    name: 'prometheus',
    program: 'prometheus',
    args: [
      '--config.file=prometheus.yaml',
      '--storage.tsdb.path=data',
      // Enough for a day of work and a weekend; a laptop's disk comes first.
      '--storage.tsdb.retention.time=3d',
      '--storage.tsdb.retention.size=1GB',
      // It drops what fires in its first seconds, before it knows its Alertmanager: told again so soon, not in a minute.
      '--rules.alert.resend-delay=10s',
      `--web.listen-address=127.0.0.1:${settings.ports.prometheus}`,
      `--web.external-url=${settings.urls.prometheus}`,
      // Whoever reaches it may reload and end it. On loopback that is whoever may do so anyway.
      '--web.enable-lifecycle',
    ],
    port: settings.ports.prometheus,
    job: 'prometheus',
    readyPath: '/-/ready',
    prepare: (directory) => {
      writePrometheusConfiguration(settings, directory);
    },
  });
}

/** Fills monitoring/prometheus/prometheus.yaml in, for this machine. */
export function writePrometheusConfiguration(settings: Settings, directory: string): void {
  const monitoring = path.join(settings.projectDir, 'monitoring');
  const alerts = path.join(monitoring, 'alerts');
  const shortened = path.join(directory, 'alerts');
  mkdirSync(path.join(directory, 'targets'), { recursive: true });
  if (settings.alertFor !== undefined) writeShortenedAlerts(alerts, shortened, settings.alertFor);
  const template = readFileSync(path.join(monitoring, 'prometheus', 'prometheus.yaml'), 'utf8');
  const configuration = filledTemplate(template, {
    INTERVAL: `${settings.monitoringIntervalSeconds}s`,
    RUNBOOK_BASE: path.join(monitoring, 'runbooks'),
    RULES: path.join(monitoring, 'rules'),
    ALERTS: settings.alertFor === undefined ? alerts : shortened,
    ALERTMANAGER_PORT: String(settings.ports.alertmanager),
  });
  writeFileSync(path.join(directory, 'prometheus.yaml'), configuration);
}
