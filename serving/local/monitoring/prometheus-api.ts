import axios, { isAxiosError } from 'axios';
import { z } from 'zod';

/** Moments between two others, in seconds since 1970, each so many seconds after the one before. */
export interface TimeRange {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

export interface Sample {
  /** Seconds since 1970. */
  readonly time: number;
  readonly value: number;
}

/** One line: its labels and its samples in order of time. Samples that are not a number are left out. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly Sample[];
}

const matrix = z.object({
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])),
      }),
    ),
  }),
});

const refusal = z.object({ error: z.string() });
const TIMEOUT_MS = 10_000;

/** Prometheus' HTTP API, as far as charts need it. */
export class PrometheusApi {
  constructor(private readonly url: string) {}

  /** @throws what Prometheus says is wrong with the query, or that it does not answer */
  async range(query: string, { start, end, step }: TimeRange): Promise<readonly Series[]> {
    try {
      const { data } = await axios.post<unknown>(
        `${this.url}/api/v1/query_range`,
        new URLSearchParams({ query, start: String(start), end: String(end), step: String(step) }),
        { timeout: TIMEOUT_MS },
      );
      return matrix.parse(data).data.result.map(({ metric, values }) => ({
        labels: metric,
        samples: values
          .map(([time, value]) => ({ time, value: Number(value) }))
          .filter(({ value }) => Number.isFinite(value)),
      }));
    } catch (error) {
      const said = isAxiosError(error) ? refusal.safeParse(error.response?.data).data?.error : undefined;
      if (said === undefined) throw error;
      throw new Error(`Prometheus refuses ${query}: ${said}`, { cause: error });
    }
  }
}
