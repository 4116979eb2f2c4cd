import { userInfo } from 'node:os';
import axios from 'axios';
import { z } from 'zod';
import { bold, dim, print } from '../console.js';
import { messageOf, PlatformFailure } from '../failure.js';
import type { Platform } from '../platform.js';

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const posted = z.object({ silenceID: z.string() });
const listed = z.array(
  z.object({
    id: z.string(),
    status: z.object({ state: z.enum(['active', 'pending', 'expired']) }),
    matchers: z.array(z.object({ name: z.string(), value: z.string() })),
    endsAt: z.string(),
    createdBy: z.string(),
    comment: z.string(),
  }),
);

/** What somebody asks for, as Alertmanager's API takes it. */
export interface Silence {
  readonly matchers: readonly object[];
  readonly startsAt: string;
  readonly endsAt: string;
  readonly createdBy: string;
  readonly comment: string;
}

/**
 * @param wanted `duration` is a number of minutes, hours or days such as `2h`
 * @throws {PlatformFailure} without an alert or a reason, and for the watchdog, without which nobody knows whether
 *   silence means that all is well
 */
export function silenceOf(
  wanted: {
    readonly alert: string | undefined;
    readonly duration: string;
    readonly comment: string | undefined;
  },
  author: string,
  now: Date,
): Silence {
  const { alert, duration, comment } = wanted;
  const example = "make silence ALERT=ServingShedding DURATION=2h COMMENT='why'";
  if (alert === undefined) throw new PlatformFailure('Which alert?', example);
  if (alert === 'Watchdog') {
    throw new PlatformFailure(
      'The watchdog proves that messages get out, and is not silenced.',
      'Pause the service that waits for it instead.',
    );
  }
  if (comment === undefined || comment.trim() === '') {
    throw new PlatformFailure('Why? Whoever looks at it next has to know.', example);
  }
  const ms = Number.parseInt(duration, 10) * UNIT_MS[duration.at(-1) as keyof typeof UNIT_MS];
  return {
    matchers: [{ name: 'alertname', value: alert, isRegex: false, isEqual: true }],
    startsAt: now.toISOString(),
    endsAt: new Date(now.getTime() + ms).toISOString(),
    createdBy: author,
    comment,
  };
}

/** Keeps Alertmanager from telling of one alert for a while; it goes on firing in Prometheus. */
export async function silence({ settings }: Pick<Platform, 'settings'>): Promise<void> {
  const url = settings.urls.alertmanager;
  const wanted = silenceOf(settings.silence, userInfo().username, new Date());
  const { silenceID: id } = await ask(url, posted, 'POST', '/api/v2/silences', wanted);
  print(`${bold(settings.silence.alert ?? '')} is silent until ${wanted.endsAt}`);
  print(dim(`sooner again: make silences END=${id}`));
}

/** What is silent, until when, by whom and why. Ends one first, where its id is given. */
export async function silences({ settings }: Pick<Platform, 'settings'>): Promise<void> {
  const url = settings.urls.alertmanager;
  const { end } = settings.silence;
  if (end !== undefined) {
    await ask(url, z.unknown(), 'DELETE', `/api/v2/silence/${encodeURIComponent(end)}`);
    print(`${end} has ended`);
  }
  const all = await ask(url, listed, 'GET', '/api/v2/silences');
  const standing = all.filter(({ status }) => status.state !== 'expired');
  for (const { id, matchers, endsAt, createdBy, comment } of standing) {
    const what = matchers.map(({ name, value }) => (name === 'alertname' ? value : `${name}=${value}`));
    print(`${bold(what.join(' '))} until ${endsAt}, ${createdBy}: ${comment}  ${dim(id)}`);
  }
  if (standing.length === 0) print('nothing is silent');
}

async function ask<T extends z.ZodType>(
  url: string,
  answer: T,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  data?: Silence,
): Promise<z.infer<T>> {
  const response = await axios
    .request<unknown>({ method, url: url + path, data, timeout: 5_000, proxy: false })
    .catch((error: unknown) => {
      throw new PlatformFailure(
        `Alertmanager at ${url} did not do it: ${messageOf(error)}`,
        '`make monitoring-up` starts one.',
        { cause: error },
      );
    });
  return answer.parse(response.data);
}
