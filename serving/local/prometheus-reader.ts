import axios from 'axios';
import { z } from 'zod';

const labels = z.record(z.string(), z.string());
const instant = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('vector'),
    result: z.array(z.object({ metric: labels, value: z.tuple([z.number(), z.string()]) })),
  }),
});
const active = z.object({
  status: z.literal('success'),
  data: z.object({ alerts: z.array(z.object({ labels, state: z.enum(['pending', 'firing', 'inactive']) })) }),
});

const rules = z.object({
  status: z.literal('success'),
  data: z.object({
    groups: z.array(
      z.object({ rules: z.array(z.object({ name: z.string(), duration: z.number().default(0) })) }),
    ),
  }),
});

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  /** NaN and the infinities too: PromQL has them. */
  readonly value: number;
}

export type AlertState = 'inactive' | 'pending' | 'firing';

/** Older samples say nothing of now, though Prometheus answers with them for five minutes. */
const FRESH_SECONDS = 60;

/** What a Prometheus says of this moment. Every method rejects where it does not answer in time, or not as expected. */
export class PrometheusReader {
  constructor(
    private readonly url: string,
    private readonly timeoutMs = 2_000,
  ) {}

  async query(expression: string): Promise<readonly Sample[]> {
    const { data } = instant.parse(await this.get('query', { query: expression }));
    return data.result.map(({ metric, value: [, text] }) => ({ labels: metric, value: numberOf(text) }));
  }

  /** The samples of a series that are not stale. @param series a name, with a selector or without */
  fresh(series: string): Promise<readonly Sample[]> {
    return this.query(`${series} and (time() - timestamp(${series}) < ${FRESH_SECONDS})`);
  }

  /** The state that is furthest among the instances of an alert. */
  async alert(name: string): Promise<AlertState> {
    const { data } = active.parse(await this.get('alerts', {}));
    const states = data.alerts
      .filter((alert) => alert.labels['alertname'] === name)
      .map(({ state }) => state);
    return (
      states.find((state) => state === 'firing') ?? states.find((state) => state === 'pending') ?? 'inactive'
    );
  }

  /** For how many seconds an alert must be true before it fires; undefined where there is no such rule. */
  async alertHold(name: string): Promise<number | undefined> {
    const { data } = rules.parse(await this.get('rules', { type: 'alert' }));
    return data.groups.flatMap((group) => group.rules).find((rule) => rule.name === name)?.duration;
  }

  private async get(what: string, params: Readonly<Record<string, string>>): Promise<unknown> {
    const { data } = await axios.get<unknown>(`${this.url}/api/v1/${what}`, {
      params,
      timeout: this.timeoutMs,
      proxy: false,
    });
    return data;
  }
}

function numberOf(text: string): number {
  if (text === '+Inf') return Infinity;
  return text === '-Inf' ? -Infinity : Number(text);
}
