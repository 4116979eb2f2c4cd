import axios, { isAxiosError } from 'axios';
import { z } from 'zod';
import { messageOf } from '../errors.js';

const labelsSchema = z.record(z.string(), z.string());
const sampleSchema = z.tuple([z.number(), z.string()]);
const vectorSchema = z.object({
  resultType: z.literal('vector'),
  result: z.array(z.object({ metric: labelsSchema, value: sampleSchema })),
});
const matrixSchema = z.object({
  resultType: z.literal('matrix'),
  result: z.array(z.object({ metric: labelsSchema, values: z.array(sampleSchema) })),
});
const successSchema = z.object({ status: z.literal('success'), data: z.unknown() });
const refusalSchema = z.object({ error: z.string() });

/** What one series was at one moment. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  /** NaN and the infinities too: PromQL has them. */
  readonly value: number;
}

/** Moments between two others, in seconds since 1970, each so many seconds after the one before. */
export interface TimeRange {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** One line of a chart: its labels, and its samples in order of time. Samples that are no finite number are left out. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** Time in seconds since 1970. */
  readonly samples: readonly { readonly time: number; readonly value: number }[];
}

/** No answer, or none that can be used: the message says which, without the address, which may hold a password. */
export class PrometheusSilent extends Error {
  override readonly name = 'PrometheusSilent';
}

/** The HTTP API of one Prometheus. Every method throws {@link PrometheusSilent} and nothing else. */
export class PrometheusClient {
  constructor(
    private readonly url: string,
    private readonly timeoutMs = 10_000,
  ) {}

  /** @param at the moment that the expression is evaluated at; the server's own now without it */
  async query(expression: string, at?: Date): Promise<readonly Sample[]> {
    const time = at === undefined ? {} : { time: String(at.getTime() / 1_000) };
    const { result } = await this.ask('query', { query: expression, ...time }, vectorSchema);
    return result.map(({ metric, value: [, text] }) => ({ labels: metric, value: numberIn(text) }));
  }

  async range(expression: string, { start, end, step }: TimeRange): Promise<readonly Series[]> {
    const moments = { start: String(start), end: String(end), step: String(step) };
    const { result } = await this.ask('query_range', { query: expression, ...moments }, matrixSchema);
    return result.map(({ metric, values }) => ({
      labels: metric,
      samples: values
        .map(([time, text]) => ({ time, value: numberIn(text) }))
        .filter(({ value }) => Number.isFinite(value)),
    }));
  }

  /** An expression may be longer than an address: it is posted. */
  private ask<S extends z.ZodType>(
    endpoint: string,
    parameters: Readonly<Record<string, string>>,
    schema: S,
  ): Promise<z.infer<S>> {
    return this.answer(schema, (url, options) =>
      axios.post<unknown>(`${url}/${endpoint}`, new URLSearchParams(parameters), options),
    );
  }

  /** `data` of what an endpoint answers that takes no expression, such as `alerts`. */
  read<S extends z.ZodType>(
    endpoint: string,
    parameters: Readonly<Record<string, string>>,
    schema: S,
  ): Promise<z.infer<S>> {
    return this.answer(schema, (url, options) =>
      axios.get<unknown>(`${url}/${endpoint}`, { ...options, params: parameters }),
    );
  }

  private async answer<S extends z.ZodType>(
    schema: S,
    send: (url: string, options: object) => Promise<{ readonly data: unknown }>,
  ): Promise<z.infer<S>> {
    const url = `${this.url.replace(/\/+$/, '')}/api/v1`;
    try {
      const { data } = await send(url, { timeout: this.timeoutMs, maxRedirects: 0 });
      return schema.parse(successSchema.parse(data).data);
    } catch (cause) {
      throw new PrometheusSilent(reasonOf(cause), { cause });
    }
  }
}

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
