import { ATTACK_ALERT } from '../attack/moment.js';
import { readNotifications } from '../monitoring/notification-sink/notification-folder.js';
import { plain } from '../monitoring/notification-sink/notification-line.js';

export type Channel = 'email' | 'telegram' | 'webhook';
type AlertStatus = 'firing' | 'resolved';

/** A message that tells of the attack's alert. */
export interface AlertMessage {
  readonly channel: Channel;
  readonly status: AlertStatus;
  /** ISO 8601. */
  readonly receivedAt: string;
  /** What a person reads; a webhook has the summary. */
  readonly text: string;
}

/** The messages of the attack's alert that an administrator has got, in the order of their arrival. */
export function alertMessages(folder: string, status?: AlertStatus): readonly AlertMessage[] {
  return readNotifications(folder)
    .flatMap((one): AlertMessage[] => {
      const receivedAt = one.received_at;
      switch (one.channel) {
        case 'webhook':
          return one.payload.alerts
            .filter(({ labels }) => labels['alertname'] === ATTACK_ALERT)
            .map((alert) => ({
              channel: one.channel,
              status: alert.status,
              receivedAt,
              text: alert.annotations['summary'] ?? '',
            }));
        case 'email': {
          const text = `${one.subject}\n${one.text.trimEnd()}`;
          return told({ channel: one.channel, receivedAt, text }, one.subject.startsWith('[resolved]'));
        }
        case 'telegram': {
          const text = plain(one.text).trim();
          return told({ channel: one.channel, receivedAt, text }, text.includes(`resolved: ${ATTACK_ALERT}`));
        }
        default:
          return [];
      }
    })
    .filter((message) => status === undefined || message.status === status);
}

/** None where the message is of something else. */
function told(message: Omit<AlertMessage, 'status'>, isResolved: boolean): AlertMessage[] {
  if (!message.text.includes(ATTACK_ALERT)) return [];
  return [{ ...message, status: isResolved ? 'resolved' : 'firing' }];
}
