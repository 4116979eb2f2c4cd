import { ATTACK_ALERT } from '../attack/moment.js';
import { readNotifications } from '../monitoring/notification-sink/notification-folder.js';
import { plain } from '../monitoring/notification-sink/notification-line.js';

export type Channel = 'email' | 'telegram' | 'webhook';
type AlertStatus = 'firing' | 'resolved';

/** A message that tells of an alert. */
export interface AlertMessage {
  readonly channel: Channel;
  readonly status: AlertStatus;
  /** ISO 8601. */
  readonly receivedAt: string;
  /** What a person reads; a webhook has the summary. */
  readonly text: string;
}

/** The messages of an alert that an administrator has got, in the order of their arrival. */
export function alertMessages(
  folder: string,
  status?: AlertStatus,
  name = ATTACK_ALERT,
): readonly AlertMessage[] {
  return readNotifications(folder)
    .flatMap((one): AlertMessage[] => {
      const receivedAt = one.received_at;
      switch (one.channel) {
        case 'webhook':
          return one.payload.alerts
            .filter(({ labels }) => labels['alertname'] === name)
            .map((alert) => ({
              channel: one.channel,
              status: alert.status,
              receivedAt,
              text: alert.annotations['summary'] ?? '',
            }));
        case 'email': {
          const text = `${one.subject}\n${one.text.trimEnd()}`;
          return told(name, { channel: one.channel, receivedAt, text }, one.subject.startsWith('[resolved]'));
        }
        case 'telegram': {
          const text = plain(one.text).trim();
          return told(name, { channel: one.channel, receivedAt, text }, text.includes(`resolved: ${name}`));
        }
        default:
          return [];
      }
    })
    .filter((message) => status === undefined || message.status === status);
}

/** None where the message is of something else. */
function told(name: string, message: Omit<AlertMessage, 'status'>, isResolved: boolean): AlertMessage[] {
  if (!message.text.includes(name)) return [];
  return [{ ...message, status: isResolved ? 'resolved' : 'firing' }];
}
