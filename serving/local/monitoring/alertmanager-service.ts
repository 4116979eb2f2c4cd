import path from 'node:path';
import type { Secrets } from '../secrets.js';
import type { Service } from '../service.js';
import type { Settings } from '../settings.js';
import { writeAlertmanagerFiles } from './alertmanager-files.js';
import { ToolService } from './tool-service.js';

/** The shipped routes and texts; what is an administrator elsewhere is the notification sink here. */
export function alertmanagerService(settings: Settings, secrets: Secrets): Service {
  return new ToolService(settings, {
    name: 'alertmanager',
    program: 'alertmanager',
    args: [
      '--config.file=alertmanager.yaml',
      '--storage.path=data',
      `--web.listen-address=127.0.0.1:${settings.ports.alertmanager}`,
      // In messages; a machine's name may be known to nobody.
      `--web.external-url=${settings.urls.alertmanager}`,
      // Alone: no gossip, and no port for it.
      '--cluster.listen-address=',
    ],
    port: settings.ports.alertmanager,
    job: 'alertmanager',
    readyPath: '/-/ready',
    prepare: (directory) => {
      writeConfiguration(settings, secrets, directory);
    },
  });
}

function writeConfiguration(
  { projectDir, ports, urls }: Settings,
  secrets: Secrets,
  directory: string,
): void {
  const sink = `http://127.0.0.1:${ports.sinkWebhook}`;
  writeAlertmanagerFiles(
    path.join(projectDir, 'monitoring', 'alertmanager'),
    directory,
    {
      SMTP_SMARTHOST: `127.0.0.1:${ports.sinkSmtp}`,
      SMTP_USERNAME: 'alerts',
      // Over loopback alone may a password go in the clear.
      SMTP_REQUIRE_TLS: 'false',
      MAIL_FROM: 'alerts@platform.example',
      MAIL_ON_CALL: 'on-call@platform.example',
      MAIL_TEAM: 'team@platform.example',
      TELEGRAM_API_URL: sink,
      TELEGRAM_CHAT_ID: '-1001',
      RETRAINING_REQUESTS_URL: `${urls.retrainingRequests}/webhooks/alertmanager`,
      // Where a Grafana of one's own would be; none is started.
      DASHBOARDS_URL: 'http://127.0.0.1:3000',
    },
    {
      'smtp-password': secrets.notificationSinkToken,
      'telegram-bot-token': secrets.notificationSinkToken,
      'webhook-url': `${sink}/webhook`,
      'webhook-token': secrets.notificationSinkToken,
      'watchdog-url': `${sink}/watchdog/${secrets.notificationSinkToken}`,
      'retraining-request-token': secrets.retrainingRequestToken,
    },
  );
}
