import { expect } from 'chai';
import { readdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import {
  NotificationFolder,
  readNotifications,
} from '../../../../../local/monitoring/notification-sink/notification-folder.js';
import {
  notificationLine,
  plain,
} from '../../../../../local/monitoring/notification-sink/notification-line.js';
import {
  startNotificationSink,
  type NotificationSink,
} from '../../../../../local/monitoring/notification-sink/notification-sink.js';
import { telegramRefusal } from '../../../../../local/monitoring/notification-sink/telegram-message.js';
import type {
  Message,
  WebhookPayload,
} from '../../../../../local/monitoring/notification-sink/notification.js';
import { temporaryDirectory } from '../../../../support/temporary-directory.js';

const TOKEN = 'a token of the test';
const mail: Message = {
  channel: 'email',
  from: 'a@b.test',
  to: ['c@d.test'],
  subject: 's',
  text: 't',
  html: 'h',
};
const payload: WebhookPayload = {
  version: '4',
  receiver: 'pager',
  status: 'firing',
  groupKey: '{}:{}',
  groupLabels: {},
  commonLabels: {},
  commonAnnotations: {},
  externalURL: 'http://127.0.0.1:9093',
  alerts: [
    {
      status: 'firing',
      labels: { alertname: 'KafkaDown' },
      annotations: { summary: 'No broker answers' },
      startsAt: '2026-11-21T10:00:00Z',
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: '',
      fingerprint: 'f',
    },
  ],
};

/** Speaks SMTP line by line, waiting for an answer to each, and returns the codes of the answers. */
async function smtp(port: number, lines: readonly string[]): Promise<number[]> {
  const socket = createConnection(port, '127.0.0.1');
  const codes: number[] = [];
  const waiting = [...lines];
  for await (const line of createInterface({ input: socket })) {
    if (line[3] === '-') continue;
    codes.push(Number(line.slice(0, 3)));
    const next = waiting.shift();
    if (next === undefined) break;
    socket.write(`${next}\r\n`);
  }
  socket.destroy();
  return codes;
}

describe('the notification sink', () => {
  let folder: string;
  let sink: NotificationSink;

  beforeEach(async () => {
    folder = temporaryDirectory();
    sink = await startNotificationSink({ folder, smtpPort: 0, webhookPort: 0, token: TOKEN });
  });

  afterEach(() => sink.close());

  const post = async (path: string, body: unknown, headers: Record<string, string> = {}): Promise<number> => {
    const response = await fetch(`http://127.0.0.1:${sink.webhookPort}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    await response.arrayBuffer();
    return response.status;
  };
  const bearer = { authorization: `Bearer ${TOKEN}` };
  const login = `AUTH PLAIN ${Buffer.from(`\0user\0${TOKEN}`).toString('base64')}`;

  it('keeps a mail with its recipients, subject and text', async () => {
    const codes = await smtp(sink.smtpPort, [
      'EHLO test',
      login,
      'MAIL FROM:<alerts@bank.test>',
      'RCPT TO:<duty@bank.test>',
      'DATA',
      'Subject: =?utf-8?q?Disk_=C3=BCber_95_%?=\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\nIt is full.\r\n.',
    ]);
    expect(codes.at(-1)).to.equal(250);
    expect(readNotifications(folder)).to.have.length(1);
    expect(readNotifications(folder)[0]).to.deep.include({
      channel: 'email',
      from: 'alerts@bank.test',
      to: ['duty@bank.test'],
      subject: 'Disk über 95 %',
      text: 'It is full.\n',
    });
  });

  it('takes no mail without the password', async () => {
    expect((await smtp(sink.smtpPort, ['EHLO test', 'MAIL FROM:<a@b.test>'])).at(-1)).to.equal(530);
    const wrong = `AUTH PLAIN ${Buffer.from('\0user\0other').toString('base64')}`;
    expect((await smtp(sink.smtpPort, ['EHLO test', wrong])).at(-1)).to.equal(535);
  });

  it('offers first the way of signing in that Alertmanager takes without TLS from another host, too', async () => {
    const socket = createConnection(sink.smtpPort, '127.0.0.1');
    const offered: string[] = [];
    for await (const line of createInterface({ input: socket })) {
      if (line.startsWith('220 ')) socket.write('EHLO test\r\n');
      offered.push(line);
      if (line.startsWith('250 ')) break;
    }
    socket.destroy();
    expect(offered.find((line) => line.includes('AUTH'))).to.match(/AUTH LOGIN PLAIN$/);
  });

  it('keeps a webhook only with the token and in the form of Alertmanager', async () => {
    expect(await post('/webhook', payload)).to.equal(401);
    expect(await post('/webhook', payload, { authorization: 'Bearer other' })).to.equal(401);
    expect(await post('/webhook', { ...payload, version: '3' }, bearer)).to.equal(400);
    expect(await post('/webhook', { filler: 'x'.repeat(1_100_000) }, bearer)).to.equal(413);
    expect(readNotifications(folder)).to.deep.equal([]);
    expect(await post('/webhook', payload, bearer)).to.equal(200);
    expect(readNotifications(folder)[0]).to.deep.include({ channel: 'webhook', payload });
  });

  it('answers as Telegram does', async () => {
    const message = { chat_id: '-100', text: '<b>Down</b>', parse_mode: 'HTML' };
    expect(await post('/botother/sendMessage', message)).to.equal(401);
    const bot = `/bot${encodeURIComponent(TOKEN)}/sendMessage`;
    expect(await post(bot, { ...message, text: '<b>Down' })).to.equal(400);
    expect(await post(bot, { chat_id: '-100' })).to.equal(400);
    expect(await post(bot, message)).to.equal(200);
    expect(readNotifications(folder)[0]).to.deep.include({ channel: 'telegram', ...message });
  });

  it('keeps the last sign of life of the watchdog only', async () => {
    const path = `/watchdog/${encodeURIComponent(TOKEN)}`;
    expect(await post('/watchdog/other', payload)).to.equal(404);
    expect(await post(path, payload)).to.equal(200);
    expect(await post(path, payload)).to.equal(200);
    expect(readdirSync(folder)).to.deep.equal(['watchdog.json']);
  });
});

describe('the folder of notifications', () => {
  it('goes on counting where another process stopped, and deletes the oldest', () => {
    const folder = join(temporaryDirectory(), 'new');
    expect(readNotifications(folder)).to.deep.equal([]);
    new NotificationFolder(folder, 3).add(mail, new Date());
    new NotificationFolder(folder, 3).add(mail, new Date());
    const again = new NotificationFolder(folder, 3);
    again.add(mail, new Date());
    again.add(mail, new Date());
    expect(readNotifications(folder).map(({ sequence }) => sequence)).to.deep.equal([2, 3, 4]);
  });
});

describe('the line of a notification', () => {
  const received = { sequence: 1, received_at: '2026-11-21T10:00:00.000Z' };
  const cases = [
    [mail, 'e-mail to c@d.test: s'],
    [
      { channel: 'telegram', chat_id: '7', text: '<b>A &amp; B</b>\nsince', parse_mode: 'HTML' },
      'Telegram to chat 7: A & B since',
    ],
    [{ channel: 'webhook', payload }, 'webhook to pager: firing KafkaDown (1): No broker answers'],
  ] as const satisfies readonly (readonly [Message, string])[];
  for (const [message, line] of cases) {
    it(`says of ${message.channel} for whom and what`, () => {
      expect(notificationLine({ ...received, ...message })).to.equal(`${received.received_at} ${line}`);
    });
  }

  it('is cut when it is long', () => {
    expect(notificationLine({ ...received, ...mail, subject: 'x'.repeat(1_000) })).to.have.length(300);
  });
});

describe('what Telegram refuses', () => {
  const cases: readonly (readonly [string, string, RegExp | undefined])[] = [
    ['text with tags that it knows', '<b>a</b> <a href="https://a.test/">b</a> &lt;', undefined],
    ['nothing', ' ', /empty/],
    ['4,096 characters after entities', '&amp;'.repeat(4_096), undefined],
    ['more', 'x'.repeat(4_097), /too long/],
    ['a tag that it does not know', '<p>a</p>', /unsupported start tag "p"/],
    ['a tag that is not closed', '<b>a', /end tag of "b"/],
    ['tags that overlap', '<b><i>a</b></i>', /unexpected end tag "b"/],
    ['a tag that is cut', '<b>a</b', /does not end/],
  ];
  for (const [name, text, refusal] of cases) {
    it(`${refusal === undefined ? 'takes' : 'refuses'} ${name}`, () => {
      const found = telegramRefusal(text, 'HTML');
      if (refusal === undefined) expect(found).to.equal(undefined);
      else expect(found).to.match(refusal);
    });
  }

  it('reads entities as a reader does', () => {
    expect(plain('&#43;1 &lt;&amp;lt;')).to.equal('+1 <&lt;');
  });
});
