import { z } from 'zod';
import { isCredentialHeader } from './credential-header.js';

const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'must be names of headers: a,b,...')
  .transform((name) => name.toLowerCase())
  .refine((name) => !isCredentialHeader(name), {
    error: ({ input }) => `${String(input)} may hold a credential and is never logged`,
  });

/** What is logged of requests: the variables of the environment, which config.ts reads. */
export const accessLogVariables = z.object({
  /** Share of the requests that get a line in the log, 0 to 1; failures of this side get one in any case. 1 costs some microseconds a request. */
  ACCESS_LOG_SAMPLE_RATE: z.coerce.number().min(0).max(1).default(0.01),
  /** Lines a second that refused requests may write, so that a flood of them does not fill the disk. */
  ACCESS_LOG_REFUSALS_PER_SECOND: z.coerce.number().int().nonnegative().default(20),
  /** Headers whose values may be logged, comma-separated; no other value that a client sends is. Never personal data. */
  LOG_ALLOWED_HEADERS: z
    .string()
    .transform((text) => text.split(',').map((name) => name.trim()))
    .pipe(z.array(headerName))
    .default([]),
  /** Whether a caller without a name is logged by its address, which is personal data in many places. */
  LOG_CLIENT_ADDRESSES: z.stringbool().default(false),
});

/** What is logged of requests. */
export interface AccessLogSettings {
  /** 0 to 1. */
  readonly sampleRate: number;
  readonly refusalsPerSecond: number;
  /** In lower case. */
  readonly allowedHeaders: readonly string[];
  readonly logsAddresses: boolean;
}

export function accessLogSettings(env: z.infer<typeof accessLogVariables>): AccessLogSettings {
  return {
    sampleRate: env.ACCESS_LOG_SAMPLE_RATE,
    refusalsPerSecond: env.ACCESS_LOG_REFUSALS_PER_SECOND,
    allowedHeaders: env.LOG_ALLOWED_HEADERS,
    logsAddresses: env.LOG_CLIENT_ADDRESSES,
  };
}
