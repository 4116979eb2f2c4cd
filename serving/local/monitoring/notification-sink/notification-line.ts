import type { Notification } from './notification.js';

const MAX_LINE = 300;

/** One line for a person who watches: by which way, for whom, and what it says first. */
export function notificationLine(notification: Notification): string {
  const line = `${notification.received_at} ${describe(notification)}`.replace(/\s+/g, ' ');
  return line.length > MAX_LINE ? `${line.slice(0, MAX_LINE - 1)}…` : line;
}

function describe(notification: Notification): string {
  switch (notification.channel) {
    case 'email':
      return `e-mail to ${notification.to.join(', ')}: ${notification.subject}`;
    case 'telegram':
      return `Telegram to chat ${notification.chat_id}: ${plain(notification.text)}`;
    case 'webhook':
    case 'watchdog': {
      const { receiver, status, alerts } = notification.payload;
      const names = [...new Set(alerts.map(({ labels }) => labels['alertname'] ?? 'unnamed'))];
      return `${notification.channel} to ${receiver}: ${status} ${names.join(', ')} (${alerts.length}): ${
        alerts[0]?.annotations['summary'] ?? ''
      }`;
    }
  }
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', amp: '&' };

/** Telegram's HTML as a reader sees it. */
export function plain(html: string): string {
  return html
    .replace(/<[^>]*>/g, '')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(/&(lt|gt|quot|amp);/g, (_, name: string) => ENTITIES[name] ?? '');
}
