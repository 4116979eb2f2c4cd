import type { Secrets } from '../secrets.js';
import type { Service } from '../service.js';
import type { Settings } from '../settings.js';
import { alertmanagerService } from './alertmanager-service.js';
import { nodeExporterService, pushgatewayService, statsdExporterService } from './exporter-services.js';
import { NotificationSinkService } from './notification-sink-service.js';
import { prometheusService } from './prometheus-service.js';
import { RetrainingRequestsService } from './retraining-requests-service.js';

/** What watches the platform, in the order in which it is stopped, Prometheus first: nobody tells that another is gone. */
export function monitoringServices(settings: Settings, secrets: Secrets): readonly Service[] {
  return [
    prometheusService(settings),
    alertmanagerService(settings, secrets),
    new NotificationSinkService(settings, secrets),
    new RetrainingRequestsService(settings, secrets),
    pushgatewayService(settings),
    statsdExporterService(settings),
    nodeExporterService(settings),
  ];
}
