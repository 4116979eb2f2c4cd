import { mkdirSync } from 'node:fs';
import path from 'node:path';
import axios from 'axios';
import type { Command } from '../process-table.js';
import { writePrivateFile, type Secrets } from '../secrets.js';
import { inheritedEnvironment, type Service } from '../service.js';
import type { Settings } from '../settings.js';

/** Stands in for an administrator's mailbox, Telegram and webhooks, and keeps what arrived. */
export class NotificationSinkService implements Service {
  readonly name = 'notification-sink';
  readonly url: string;
  private readonly tokenFile: string;

  constructor(
    private readonly settings: Settings,
    private readonly secrets: Secrets,
  ) {
    this.url = `http://127.0.0.1:${settings.ports.sinkWebhook}`;
    this.tokenFile = path.join(settings.stateDir, 'notification-sink-token');
  }

  prepare(): void {
    mkdirSync(this.settings.notificationsDir, { recursive: true, mode: 0o700 });
    writePrivateFile(this.tokenFile, this.secrets.notificationSinkToken);
  }

  command(): Command {
    const { projectDir, notificationsDir, ports } = this.settings;
    const main = ['serving', 'dist', 'local', 'monitoring', 'notification-sink', 'main.js'];
    return {
      file: process.execPath,
      args: [
        ...['--enable-source-maps', path.join(projectDir, ...main), '--folder', notificationsDir],
        ...['--token-file', this.tokenFile],
        ...['--smtp-port', String(ports.sinkSmtp), '--webhook-port', String(ports.sinkWebhook)],
      ],
      cwd: notificationsDir,
      env: inheritedEnvironment(),
    };
  }

  /** It has no page to look at: that it answers is enough. */
  async missing(): Promise<string | undefined> {
    await axios.get(this.url, { timeout: 2000, proxy: false, validateStatus: () => true });
    return undefined;
  }
}
