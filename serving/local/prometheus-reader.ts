import { z } from 'zod';
import { PrometheusClient, type Sample } from '../src/prometheus/prometheus-client.js';

const alertsSchema = z.object({
  alerts: z.array(
    z.object({
      labels: z.record(z.string(), z.string()),
      state: z.enum(['pending', 'firing', 'inactive']),
    }),
  ),
});
const rulesSchema = z.object({
  groups: z.array(
    z.object({ rules: z.array(z.object({ name: z.string(), duration: z.number().default(0) })) }),
  ),
});

export type AlertState = 'inactive' | 'pending' | 'firing';

/** Older samples say nothing of now, though Prometheus answers with them for five minutes. */
const FRESH_SECONDS = 60;

/** What a Prometheus says of this moment. Every method rejects where it does not answer in time, or not as expected. */
export class PrometheusReader {
  private readonly client: PrometheusClient;

  constructor(url: string, timeoutMs = 2_000) {
    this.client = new PrometheusClient(url, timeoutMs);
  }

  query(expression: string): Promise<readonly Sample[]> {
    return this.client.query(expression);
  }

  /** The samples of a series that are not stale. @param series a name, with a selector or without */
  fresh(series: string): Promise<readonly Sample[]> {
    return this.query(`${series} and (time() - timestamp(${series}) < ${FRESH_SECONDS})`);
  }

  /** The state that is furthest among the instances of an alert. */
  async alert(name: string): Promise<AlertState> {
    const { alerts } = await this.client.read('alerts', {}, alertsSchema);
    const states = alerts.filter(({ labels }) => labels['alertname'] === name).map(({ state }) => state);
    return (
      states.find((state) => state === 'firing') ?? states.find((state) => state === 'pending') ?? 'inactive'
    );
  }

  /** For how many seconds an alert must be true before it fires; undefined where there is no such rule. */
  async alertHold(name: string): Promise<number | undefined> {
    const { groups } = await this.client.read('rules', { type: 'alert' }, rulesSchema);
    return groups.flatMap(({ rules }) => rules).find((rule) => rule.name === name)?.duration;
  }
}
