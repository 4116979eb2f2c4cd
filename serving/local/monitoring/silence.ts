import { userInfo } from 'node:os';
import axios from 'axios';
import { z } from 'zod';
import { bold, print } from '../console.js';
import { messageOf, PlatformFailure } from '../failure.js';
import type { Platform } from '../platform.js';

const answerSchema = z.object({ silenceID: z.string() });

/** Keeps Alertmanager from telling of one alert for a while; it goes on firing in Prometheus. */
export async function silence({ settings }: Platform): Promise<void> {
  const { alert, minutes, comment } = settings.silence;
  if (alert === undefined) {
    throw new PlatformFailure('Which alert?', 'make silence ALERT=ServingShedding MINUTES=60 COMMENT="why"');
  }
  const url = settings.urls.alertmanager;
  const from = new Date();
  const until = new Date(from.getTime() + minutes * 60_000);
  const response = await axios
    .post<unknown>(
      `${url}/api/v2/silences`,
      {
        matchers: [{ name: 'alertname', value: alert, isRegex: false, isEqual: true }],
        startsAt: from.toISOString(),
        endsAt: until.toISOString(),
        createdBy: userInfo().username,
        comment: comment ?? 'make silence',
      },
      { timeout: 5000, proxy: false },
    )
    .catch((error: unknown) => {
      throw new PlatformFailure(
        `Alertmanager at ${url} did not take it: ${messageOf(error)}`,
        '`make monitoring-up` starts one.',
        { cause: error },
      );
    });
  const { silenceID: id } = answerSchema.parse(response.data);
  print(`${bold(alert)} is silent until ${until.toISOString()}; sooner again at ${url}/#/silences/${id}`);
}
