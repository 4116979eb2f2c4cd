import http from 'node:http';
import https from 'node:https';
import { z } from 'zod';
import { ApiKeyFile } from './api-key-file.js';
import type { Application } from './application.js';
import type { Failure } from './disposition.js';
import { recyclingAgent } from './recycling-agent.js';
import type { StreamTierSettings } from './stream-settings.js';

const BODY_START = Buffer.from('{"instances":[');
const BODY_END = Buffer.from(']}');
/** An answer to one row is some hundred bytes. */
const MAX_ANSWER_BYTES = 1024 * 1024;

const predictionsSchema = z.object({
  predictions: z.array(z.record(z.string(), z.unknown())).length(1),
  model_name: z.string(),
  model_version: z.string(),
});
const problemSchema = z.object({ code: z.string() });

/** What the tier says of one row. */
export interface Score {
  readonly kind: 'scored';
  readonly model: string;
  readonly version: string;
  readonly outputs: Readonly<Record<string, unknown>>;
}

export type TierAnswer = Score | Failure;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function secondsOf(header: string | undefined): number | undefined {
  const seconds = Number(header ?? NaN);
  return seconds >= 0 ? seconds : undefined;
}

/** Reads an answer to one row. A 200 that is no prediction did not come from the tier. */
export function tierAnswer(status: number, retryAfter: string | undefined, text: string): TierAnswer {
  const body = parsed(text);
  if (status === 200) {
    const predictions = predictionsSchema.safeParse(body);
    if (predictions.success) {
      const { model_name: model, model_version: version } = predictions.data;
      return { kind: 'scored', model, version, outputs: predictions.data.predictions[0]! };
    }
  }
  const problem = problemSchema.safeParse(body);
  return {
    kind: 'answered',
    status,
    code: status === 200 ? undefined : problem.data?.code,
    retryAfterSeconds: secondsOf(retryAfter),
  };
}

/** Asks the tier, one row a request. */
export class TierClient {
  readonly #settings: StreamTierSettings;
  readonly #url: URL;
  readonly #agent: http.Agent;
  readonly #apiKey: ApiKeyFile | undefined;

  constructor(settings: StreamTierSettings) {
    this.#settings = settings;
    this.#url = new URL(`${settings.url}/predict`);
    this.#agent = recyclingAgent(this.#url.protocol, settings.connectionMs, settings.maxConnections);
    this.#apiKey = settings.apiKeyFile === undefined ? undefined : new ApiKeyFile(settings.apiKeyFile);
  }

  /** @throws when the file with the key can't be read, or holds no key */
  async score({ requestId, row }: Application): Promise<TierAnswer> {
    const key = await this.#apiKey?.read();
    const body = Buffer.concat([BODY_START, row, BODY_END]);
    const answer = await this.#post(body, {
      'content-type': 'application/json',
      'content-length': body.length,
      'x-request-id': requestId,
      // Nobody reads what comes later than this.
      'x-request-timeout-ms': this.#settings.timeoutMs,
      ...(key !== undefined && { 'x-api-key': key }),
    }).catch((error: unknown) => {
      // What is in the file can't be a header: it may be half written.
      this.#apiKey?.forget();
      throw error;
    });
    if (answer.kind === 'answered' && (answer.status === 401 || answer.status === 403))
      this.#apiKey?.forget();
    return answer;
  }

  close(): void {
    this.#agent.destroy();
  }

  #post(body: Buffer, headers: http.OutgoingHttpHeaders): Promise<TierAnswer> {
    const { request } = this.#url.protocol === 'https:' ? https : http;
    return new Promise((resolve) => {
      let connected = false;
      const outgoing = request(this.#url, { method: 'POST', headers, agent: this.#agent }, (incoming) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        incoming.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes <= MAX_ANSWER_BYTES) chunks.push(chunk);
          else outgoing.destroy();
        });
        incoming.on('end', () => {
          clearTimeout(timer);
          const text = Buffer.concat(chunks).toString();
          resolve(tierAnswer(incoming.statusCode ?? 0, incoming.headers['retry-after'], text));
        });
        incoming.on('close', () => {
          clearTimeout(timer);
          // Of no effect after the end.
          resolve({ kind: 'cut' });
        });
      });
      const timer = setTimeout(() => {
        resolve({ kind: 'timed_out' });
        outgoing.destroy();
      }, this.#settings.timeoutMs);
      outgoing.on('socket', (socket) => {
        if (!socket.connecting) connected = true;
        else {
          socket.once('connect', () => {
            connected = true;
          });
        }
      });
      outgoing.on('error', () => {
        clearTimeout(timer);
        resolve({ kind: connected ? 'cut' : 'unreachable' });
      });
      outgoing.end(body);
    });
  }
}
