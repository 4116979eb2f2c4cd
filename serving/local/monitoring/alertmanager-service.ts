import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { writePrivateFile, type Secrets } from '../secrets.js';
import type { Service } from '../service.js';
import type { Settings } from '../settings.js';
import { ToolService } from './tool-service.js';

export function alertmanagerService(settings: Settings, secrets: Secrets): Service {
  return new ToolService(settings, {
    name: 'alertmanager',
    program: 'alertmanager',
    args: [
      '--config.file=alertmanager.yaml',
      '--storage.path=data',
      `--web.listen-address=127.0.0.1:${settings.ports.alertmanager}`,
      // Alone: no gossip, no port for it.
      '--cluster.listen-address=',
    ],
    port: settings.ports.alertmanager,
    job: 'alertmanager',
    readyPath: '/-/ready',
    prepare: (directory) => {
      writePrivateFile(path.join(directory, 'retraining-request-token'), secrets.retrainingRequestToken);
      writeFileSync(path.join(directory, 'alertmanager.yaml'), configuration(settings));
    },
  });
}

function configuration({ ports, urls }: Settings): string {
  return stringify({
    route: {
      receiver: 'sink',
      group_by: ['alertname'],
      group_wait: '1s',
      routes: [{ matchers: ['action="retrain"'], receiver: 'retrain', continue: true }, { receiver: 'sink' }],
    },
    receivers: [
      { name: 'sink', webhook_configs: [{ url: `http://127.0.0.1:${ports.sinkWebhook}/webhook` }] },
      {
        name: 'retrain',
        webhook_configs: [
          {
            url: `${urls.retrainingRequests}/webhooks/alertmanager`,
            send_resolved: false,
            http_config: { authorization: { credentials_file: 'retraining-request-token' } },
          },
        ],
      },
    ],
  });
}
