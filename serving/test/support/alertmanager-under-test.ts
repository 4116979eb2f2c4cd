import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { visit, parseDocument } from 'yaml';
import { z } from 'zod';
import { writeAlertmanagerFiles } from '../../local/monitoring/alertmanager-files.js';
import { readNotifications } from '../../local/monitoring/notification-sink/notification-folder.js';
import type { Message, NotificationOf } from '../../local/monitoring/notification-sink/notification.js';
import {
  startNotificationSink,
  type NotificationSink,
} from '../../local/monitoring/notification-sink/notification-sink.js';
import { eventually } from './eventually.js';
import { freePorts } from './free-ports.js';
import { temporaryDirectory } from './temporary-directory.js';
import { SERVING_ROOT } from './training-environment.js';

export const ALERTMANAGER_SOURCE = join(SERVING_ROOT, '..', 'monitoring', 'alertmanager');
export const TOKEN = '4711:the-token-of-this-test';

/** All that is changed of what is shipped, so that a test takes seconds. */
const SHORT: Readonly<Record<string, string>> = { group_wait: '300ms', group_interval: '1s' };
/** Of the only route that repeats itself for its own sake. */
const WATCHDOG_REPEATS = { from: '50s', to: '500ms' };

export interface PostedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly startsAt?: string;
  readonly endsAt?: string;
}

const shownAlerts = z.array(
  z.object({
    labels: z.record(z.string(), z.string()),
    status: z.object({
      state: z.enum(['unprocessed', 'active', 'suppressed']),
      inhibitedBy: z.array(z.string()),
      silencedBy: z.array(z.string()),
    }),
  }),
);

/** Paths and values that a test may have to look at or to break. */
interface Running {
  readonly url: string;
  readonly configuration: string;
  readonly secrets: string;
  readonly folder: string;
}

function shortened(file: string): void {
  const document = parseDocument(readFileSync(file, 'utf8'));
  visit(document, {
    Pair(_, pair) {
      const { key, value } = pair as { key: { value: string }; value: { value?: unknown } | null };
      if (value === null) return;
      const short = SHORT[key.value];
      if (short !== undefined && value.value !== '0s') value.value = short;
      if (key.value === 'repeat_interval' && value.value === WATCHDOG_REPEATS.from) {
        value.value = WATCHDOG_REPEATS.to;
      }
    },
  });
  writeFileSync(file, document.toString());
}

/** The real Alertmanager with the shipped configuration, and a sink for all of its receivers. */
export class AlertmanagerUnderTest {
  private constructor(
    readonly running: Running,
    private readonly child: ChildProcess,
    private readonly amtoolProgram: string,
    private sink: NotificationSink,
  ) {}

  static async start(alertmanager: string, amtool: string): Promise<AlertmanagerUnderTest> {
    const directory = temporaryDirectory();
    const folder = join(directory, 'notifications');
    // It goes away in between, and nobody else gets its ports by chance.
    const [smtpPort, webhookPort] = (await freePorts(2)) as [number, number];
    const sink = await startNotificationSink({ folder, smtpPort, webhookPort, token: TOKEN });
    const http = `http://127.0.0.1:${sink.webhookPort}`;
    const configuration = writeAlertmanagerFiles(
      ALERTMANAGER_SOURCE,
      directory,
      {
        SMTP_SMARTHOST: `127.0.0.1:${sink.smtpPort}`,
        SMTP_USERNAME: 'alerts',
        SMTP_REQUIRE_TLS: 'false',
        MAIL_FROM: 'alerts@bank.test',
        MAIL_ON_CALL: 'on-call@bank.test',
        MAIL_TEAM: 'team@bank.test',
        TELEGRAM_API_URL: http,
        TELEGRAM_CHAT_ID: '-100123',
        RETRAINING_REQUESTS_URL: `${http}/webhook`,
        DASHBOARDS_URL: 'https://grafana.bank.test',
      },
      {
        'smtp-password': TOKEN,
        'telegram-bot-token': TOKEN,
        'webhook-url': `${http}/webhook`,
        'webhook-token': TOKEN,
        'watchdog-url': `${http}/watchdog/${TOKEN}`,
        'retraining-request-token': TOKEN,
      },
    );
    shortened(configuration);
    const [port] = await freePorts(1);
    const url = `http://127.0.0.1:${port!}`;
    const child = spawn(
      alertmanager,
      [
        `--config.file=${configuration}`,
        `--storage.path=${join(directory, 'data')}`,
        `--web.listen-address=127.0.0.1:${port!}`,
        '--web.external-url=https://alertmanager.bank.test',
        '--web.route-prefix=/',
        '--cluster.listen-address=',
        '--log.level=error',
      ],
      { stdio: 'ignore' },
    );
    process.once('exit', () => child.kill('SIGKILL'));
    const secrets = join(directory, 'secrets');
    const started = new AlertmanagerUnderTest({ url, configuration, secrets, folder }, child, amtool, sink);
    await eventually(async () => {
      if (!(await fetch(`${url}/-/ready`)).ok) throw new Error('Alertmanager is not ready');
    });
    return started;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      await ended;
    }
    await this.sink.close();
  }

  /** All ways to people are closed until the returned function is called. */
  async withoutReceivers(): Promise<() => Promise<void>> {
    const { smtpPort, webhookPort } = this.sink;
    await this.sink.close();
    return async () => {
      this.sink = await startNotificationSink({
        folder: this.running.folder,
        smtpPort,
        webhookPort,
        token: TOKEN,
      });
    };
  }

  /** As Prometheus sends them, at one moment. */
  async post(alerts: readonly PostedAlert[]): Promise<void> {
    const response = await fetch(`${this.running.url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(alerts),
    });
    if (!response.ok) throw new Error(`Alertmanager answers ${response.status}: ${await response.text()}`);
  }

  /** Alerts that are there, and what keeps them from being told. */
  async alerts(): Promise<z.infer<typeof shownAlerts>> {
    return shownAlerts.parse(await (await fetch(`${this.running.url}/api/v2/alerts`)).json());
  }

  /** The sum of a counter over its series of one integration. */
  async counted(metric: string, integration: string): Promise<number> {
    const text = await (await fetch(`${this.running.url}/metrics`)).text();
    return text
      .split('\n')
      .filter((line) => line.startsWith(`${metric}{`) && line.includes(`integration="${integration}"`))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  received<C extends Message['channel']>(channel: C): NotificationOf<C>[] {
    return readNotifications(this.running.folder).filter(
      (one): one is NotificationOf<C> => one.channel === channel,
    );
  }

  async amtool(...args: string[]): Promise<string> {
    return (await promisify(execFile)(this.amtoolProgram, args)).stdout.trim();
  }
}
