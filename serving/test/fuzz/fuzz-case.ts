import { z } from 'zod';

const base64 = z.base64().transform((text): Buffer => Buffer.from(text, 'base64'));

const common = {
  /** The run's seed and the case's place in it: together they say everything below. */
  seed: z.number().int(),
  number: z.number().int(),
  /** The valid exchange that it started from, and what was done to it. */
  what: z.string(),
};

const connectionCase = z.object({
  ...common,
  kind: z.literal('connection'),
  port: z.enum(['public', 'management', 'grpc']),
  /** What is written, piece by piece. */
  pieces: z.array(base64),
  /**
   * What the client does next: waits for an answer, ends its side, or resets the connection at once. The first two
   * expect to be answered or closed in bounded time.
   */
  ending: z.enum(['wait', 'end', 'reset']),
  /** The body of a webhook delivery whose signature, over these bytes, replaces the placeholders when it is sent. */
  signed: base64.optional(),
});

const callCase = z.object({
  ...common,
  kind: z.literal('call'),
  path: z.string(),
  headers: z.record(z.string(), z.string()),
  /** Frames of the message, as they are written on the stream. */
  frames: base64,
});

const caseSchema = z.discriminatedUnion('kind', [connectionCase, callCase]);

/** Bytes on a TCP connection of their own. */
export type ConnectionCase = z.infer<typeof connectionCase>;
/** One gRPC call on an HTTP/2 connection that is in order. */
export type CallCase = z.infer<typeof callCase>;
export type FuzzCase = z.infer<typeof caseSchema>;

const fileSchema = z.object({ problems: z.array(z.string()), cases: z.array(caseSchema) });

/** What was found, and the cases that did it: where that is not known, the last ones before. */
export interface Finding {
  readonly cases: readonly FuzzCase[];
  readonly problems: readonly string[];
}

/** As a file that can be replayed. */
export function writeFinding(finding: Finding): string {
  const asBase64 = function (this: unknown, key: string, value: unknown): unknown {
    const own = (this as Record<string, unknown>)[key];
    return Buffer.isBuffer(own) ? own.toString('base64') : value;
  };
  return `${JSON.stringify(finding, asBase64, 1)}\n`;
}

/** @throws {z.ZodError} or {SyntaxError} when it is no such file */
export function readFinding(text: string): Finding {
  return fileSchema.parse(JSON.parse(text));
}
