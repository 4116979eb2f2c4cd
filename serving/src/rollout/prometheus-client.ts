import axios, { isAxiosError } from 'axios';
import { z } from 'zod';
import { messageOf } from '../errors.js';

const answerSchema = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('vector'),
    result: z.array(
      z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) }),
    ),
  }),
});
const refusalSchema = z.object({ error: z.string() });

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** No answer, or none that can be used: nothing is known of live traffic. */
export class PrometheusSilent extends Error {
  override readonly name = 'PrometheusSilent';
}

/** Instant queries to one Prometheus. */
export class PrometheusClient {
  constructor(
    private readonly url: string,
    private readonly timeoutMs = 10_000,
  ) {}

  /**
   * @param at the moment that the expression is evaluated at
   * @throws {PrometheusSilent}
   */
  async query(expression: string, at: Date): Promise<readonly Sample[]> {
    try {
      const { data } = await axios.post<unknown>(
        `${this.url.replace(/\/+$/, '')}/api/v1/query`,
        new URLSearchParams({ query: expression, time: String(at.getTime() / 1_000) }),
        { timeout: this.timeoutMs, maxRedirects: 0 },
      );
      return answerSchema
        .parse(data)
        .data.result.map(({ metric, value: [, text] }) => ({ labels: metric, value: numberIn(text) }));
    } catch (cause) {
      throw new PrometheusSilent(reasonOf(cause), { cause });
    }
  }
}

/** Without the address: it may hold a password. */
function reasonOf(cause: unknown): string {
  if (cause instanceof z.ZodError) return 'its answer is not one of Prometheus';
  if (!isAxiosError(cause)) return messageOf(cause);
  const refusal = refusalSchema.safeParse(cause.response?.data);
  if (refusal.success) return refusal.data.error;
  const status = cause.response?.status;
  return status === undefined ? (cause.code ?? 'no answer') : `it answers ${status}`;
}

function numberIn(text: string): number {
  if (text === '+Inf') return Infinity;
  return text === '-Inf' ? -Infinity : Number(text);
}
