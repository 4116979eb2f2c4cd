import { ATTACK_ALERT } from '../attack/moment.js';
import { readNotifications } from '../monitoring/notification-sink/notification-folder.js';

/** How many messages of the attack's alert an administrator has got by webhook or mail, in this state. */
export function alertMessages(folder: string, status: 'firing' | 'resolved'): number {
  return readNotifications(folder).filter((one) => {
    switch (one.channel) {
      case 'webhook':
        return one.payload.alerts.some(
          (alert) => alert.labels['alertname'] === ATTACK_ALERT && alert.status === status,
        );
      case 'email':
        return one.text.includes(ATTACK_ALERT) && one.subject.toLowerCase().includes(status);
      default:
        return false;
    }
  }).length;
}

/** The first mail that told an administrator of the attack's alert, as text; undefined where there is none. */
export function alertMail(folder: string): string | undefined {
  for (const one of readNotifications(folder)) {
    if (one.channel === 'email' && one.text.includes(ATTACK_ALERT))
      return `${one.subject}\n${one.text.trimEnd()}`;
  }
  return undefined;
}
