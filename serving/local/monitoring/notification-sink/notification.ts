import { z } from 'zod';

const text = z.string().max(20_000);

/** What Alertmanager posts to webhooks, version 4. */
export const webhookPayload = z.object({
  version: z.literal('4'),
  receiver: z.string(),
  status: z.enum(['firing', 'resolved']),
  groupKey: z.string(),
  truncatedAlerts: z.number().int().optional(),
  groupLabels: z.record(z.string(), text),
  commonLabels: z.record(z.string(), text),
  commonAnnotations: z.record(z.string(), text),
  externalURL: z.string(),
  alerts: z
    .array(
      z.object({
        status: z.enum(['firing', 'resolved']),
        labels: z.record(z.string(), text),
        annotations: z.record(z.string(), text),
        startsAt: z.iso.datetime({ offset: true }),
        endsAt: z.iso.datetime({ offset: true }),
        generatorURL: z.string(),
        fingerprint: z.string(),
      }),
    )
    .max(1_000),
});

export type WebhookPayload = z.infer<typeof webhookPayload>;

const message = z.discriminatedUnion('channel', [
  z.object({
    channel: z.literal('email'),
    from: z.string(),
    to: z.array(z.string()),
    subject: z.string(),
    text: z.string(),
    html: z.string(),
  }),
  z.object({
    channel: z.literal('telegram'),
    chat_id: z.string(),
    /** As it was sent: Telegram's subset of HTML where `parse_mode` is HTML. */
    text: z.string(),
    parse_mode: z.string(),
  }),
  z.object({ channel: z.literal('webhook'), payload: webhookPayload }),
  /** A sign of life of the alert path; only the last one is kept. */
  z.object({ channel: z.literal('watchdog'), payload: webhookPayload }),
]);

export const notification = z.intersection(
  z.object({
    /** Rises in the order of arrival. */
    sequence: z.number().int().positive(),
    received_at: z.iso.datetime(),
  }),
  message,
);

/** What arrived, by any of the ways that lead to an administrator. */
export type Message = z.infer<typeof message>;

/** A message and when it came: what a file of the sink's folder holds. */
export type Notification = z.infer<typeof notification>;

/** One of them by its channel. */
export type NotificationOf<C extends Message['channel']> = Extract<Notification, { channel: C }>;
