import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { httpReceiver } from './http-receiver.js';
import { mailReceiver } from './mail-receiver.js';
import { NotificationFolder } from './notification-folder.js';
import type { Message, Notification } from './notification.js';

const LOOPBACK = '127.0.0.1';

export interface NotificationSinkOptions {
  /** Where each message becomes a file. */
  readonly folder: string;
  /** The address it listens on: this machine's loopback address, unless a cluster beside it is to reach it. */
  readonly host?: string;
  /** 0: any that is free. */
  readonly smtpPort: number;
  readonly webhookPort: number;
  /** Password, bearer token and bot token in one; undefined: nobody is asked for any. */
  readonly token?: string | undefined;
  readonly onNotification?: (notification: Notification) => void;
}

/** What an administrator's mailbox, Telegram group and webhook would have got. */
export interface NotificationSink {
  readonly smtpPort: number;
  readonly webhookPort: number;
  close(): Promise<void>;
}

/** @throws where a port is taken, or the folder can't be written */
export async function startNotificationSink(options: NotificationSinkOptions): Promise<NotificationSink> {
  const { token, host = LOOPBACK } = options;
  const folder = new NotificationFolder(options.folder);
  const take = (message: Message): void => {
    const added = folder.add(message, new Date());
    options.onNotification?.(added);
  };
  const isToken = (given: string): boolean => token === undefined || equal(given, token);

  const mail = mailReceiver(token === undefined ? undefined : isToken, take);
  // A client that breaks off is no failure of the sink.
  mail.on('error', () => undefined);
  const http = createServer({ requestTimeout: 30_000 }, httpReceiver(isToken, take));
  const smtp = mail.listen(options.smtpPort, host);
  await once(smtp, 'listening');
  http.listen(options.webhookPort, host);
  await once(http, 'listening').catch((error: unknown) => {
    mail.close();
    throw error;
  });

  return {
    smtpPort: (smtp.address() as AddressInfo).port,
    webhookPort: (http.address() as AddressInfo).port,
    async close() {
      const closed = Promise.all([
        new Promise<void>((resolve) => {
          mail.close(resolve);
        }),
        once(http, 'close'),
      ]);
      http.close();
      http.closeAllConnections();
      await closed;
    },
  };
}

/** Hashes are of one length, so the comparison tells nothing about the token's. */
function equal(given: string, expected: string): boolean {
  const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(sha256(given), sha256(expected));
}
