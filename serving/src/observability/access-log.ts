import type { IncomingHttpHeaders } from 'node:http';
import type { Logger } from 'pino';
import type { Outcome, Stage, TraceIds } from '../api/observation.js';
import type { LineBudget } from './line-budget.js';
import type { SkipSampler } from './skip-sampler.js';

export interface AccessLogOptions {
  /** Headers whose values may be logged, in lower case. */
  readonly allowedHeaders: readonly string[];
  /** Whether callers that are known by their address only are named by it. */
  readonly logsAddresses: boolean;
}

/** A request that was answered, as the access log sees it. */
export interface AccessEntry {
  readonly route: string;
  /** undefined: gRPC. */
  readonly method: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly trace: TraceIds | undefined;
  readonly outcome: Outcome;
  readonly durationMs: number;
  readonly stages: readonly (readonly [stage: Stage, durationMs: number])[];
}

/** Longer values of allowed headers are cut: a client chooses them. */
const MAX_HEADER_VALUE = 256;
/** Enough of a digest to find it. */
const DIGEST_LENGTH = 'sha256:'.length + 12;
const TRACE_PARENT = /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}/;

function toMicroseconds(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

/**
 * One JSON line a sampled request, at level `info`. It holds what the tier says of the request and nothing of what
 * the client sent, except for the values of headers that are allowed by name.
 */
export class AccessLog {
  readonly #log: Logger;
  readonly #sampler: SkipSampler;
  readonly #refusals: LineBudget;
  readonly #options: AccessLogOptions;

  constructor(log: Logger, sampler: SkipSampler, refusals: LineBudget, options: AccessLogOptions) {
    this.#log = log;
    this.#sampler = sampler;
    this.#refusals = refusals;
    this.#options = options;
  }

  /** Whether the request that begins now gets a line. To be asked once a request. */
  samples(): boolean {
    return this.#sampler.next();
  }

  write({ route, method, headers, trace, outcome, durationMs, stages }: AccessEntry): void {
    const { status, code, requestId, servable, rows, caller } = outcome;
    // A flood of refusals must not fill the disk; failures of this side are logged one by one elsewhere anyway.
    const withheld = status >= 400 ? this.#refusals.take() : 0;
    if (withheld === undefined) return;
    this.#log.info(
      {
        request_id: requestId,
        ...(trace ?? clientTrace(headers)),
        route: outcome.route ?? route,
        ...(method !== undefined && { method }),
        status,
        code,
        duration_ms: toMicroseconds(durationMs),
        ...(stages.length > 0 && {
          stages_ms: Object.fromEntries(stages.map(([stage, ms]) => [stage, toMicroseconds(ms)])),
        }),
        ...(rows !== undefined && { rows }),
        ...(servable !== undefined && {
          model: servable.modelName,
          version: servable.version,
          digest: servable.digest.slice(0, DIGEST_LENGTH),
        }),
        ...(caller !== undefined &&
          (caller.authenticated || this.#options.logsAddresses) && { caller: caller.id }),
        ...this.#allowed(headers),
        ...(withheld > 0 && { lines_withheld: withheld }),
      },
      'request',
    );
  }

  #allowed(headers: IncomingHttpHeaders): { readonly headers?: Readonly<Record<string, string>> } {
    const found = this.#options.allowedHeaders.flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, String(value).slice(0, MAX_HEADER_VALUE)] as const];
    });
    return found.length === 0 ? {} : { headers: Object.fromEntries(found) };
  }
}

/** The trace that the client is in, for a request that this tier does not trace. */
function clientTrace(headers: IncomingHttpHeaders): { readonly trace_id?: string } {
  const parent = headers['traceparent'];
  const id = typeof parent === 'string' ? TRACE_PARENT.exec(parent)?.[1] : undefined;
  return id === undefined ? {} : { trace_id: id };
}
