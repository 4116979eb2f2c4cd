import { z } from 'zod';

const text = z.string().max(2_000);

/** What Alertmanager sends to a webhook (version 4 of its payload), as far as it is of use here. */
export const alertNotification = z.object({
  version: z.literal('4'),
  status: z.enum(['firing', 'resolved']),
  alerts: z
    .array(
      z.object({
        status: z.enum(['firing', 'resolved']),
        labels: z.record(z.string(), text),
        annotations: z.record(z.string(), text).default({}),
        startsAt: z.iso.datetime({ offset: true }),
        generatorURL: z.string().max(4_000).optional(),
      }),
    )
    .max(1_000),
});

export type AlertNotification = z.infer<typeof alertNotification>;

/** Why a model is to be trained again, for whoever looks at the run later. */
export interface RetrainingCause {
  readonly cause: string;
  readonly source: 'alert' | 'person';
  /** Where the evidence is. */
  readonly report_url?: string;
}

const MAX_CAUSE_LENGTH = 500;

/** The cause that alerts give; undefined where none of them is firing. */
export function causeOf({ alerts }: AlertNotification): RetrainingCause | undefined {
  const firing = alerts.filter(({ status }) => status === 'firing');
  const [first] = firing;
  if (first === undefined) return undefined;
  const names = [...new Set(firing.map(({ labels }) => labels['alertname'] ?? 'an alert without a name'))];
  const summary = first.annotations['summary'];
  const cause = `${names.join(', ')} since ${first.startsAt}${summary === undefined ? '' : `: ${summary}`}`;
  return {
    cause: cause.slice(0, MAX_CAUSE_LENGTH),
    source: 'alert',
    ...(first.generatorURL !== undefined && { report_url: first.generatorURL }),
  };
}
