import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Readable } from 'node:stream';
import type { AxiosError } from 'axios';
import { create, isAxiosError, type AxiosInstance } from 'axios';
import { z } from 'zod';
import { messageOf } from '../errors.js';
import { RegistryError, type RegistryErrorKind } from './model-registry.js';
import type { CallObserver, CallTarget } from './observed-call.js';

/** Where MLflow is and who asks. Basic authentication or a bearer token, as MLflow's own clients have it. */
export interface MlflowConnection {
  readonly trackingUri: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  readonly timeoutMs: number;
}

const API = '/api/2.0/mlflow';
/** A file may take this many times longer than a call. */
const DOWNLOAD_TIMEOUT_FACTOR = 10;

const errorAnswer = z.object({ error_code: z.string(), message: z.string().default('') });

/** MLflow says 400 INVALID_PARAMETER_VALUE for an alias that is not set, so the status alone does not tell. */
function kindOf(error: AxiosError): RegistryErrorKind {
  const status = error.response?.status;
  // A success that is an error all the same broke off in the middle.
  if (status === undefined || status < 300 || status >= 500 || status === 429) return 'unreachable';
  if (status === 401 || status === 403) return 'denied';
  if (status === 404) return 'not-found';
  const answer = errorAnswer.safeParse(error.response?.data);
  return answer.success && / not found/i.test(answer.data.message) ? 'not-found' : 'rejected';
}

/**
 * Calls of MLflow's REST API: credentials, time limits, checked answers, and failures as `RegistryError`.
 *
 * @throws {RegistryError} from every method
 */
export class MlflowHttp {
  readonly #http: AxiosInstance;
  readonly #downloadTimeoutMs: number;
  readonly #calls: CallObserver | undefined;
  readonly #server: Pick<CallTarget, 'host' | 'port'>;

  constructor(connection: MlflowConnection, calls?: CallObserver) {
    const { trackingUri, username, password, token, timeoutMs } = connection;
    this.#calls = calls;
    this.#server = serverOf(trackingUri);
    this.#downloadTimeoutMs = timeoutMs * DOWNLOAD_TIMEOUT_FACTOR;
    this.#http = create({
      baseURL: trackingUri,
      timeout: timeoutMs,
      maxRedirects: 0,
      httpAgent: new HttpAgent({ keepAlive: true }),
      httpsAgent: new HttpsAgent({ keepAlive: true }),
      ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
      ...(username !== undefined && { auth: { username, password: password ?? '' } }),
    });
  }

  /** @param path below the API's root */
  async get<T extends z.ZodType>(
    path: string,
    params: Record<string, string>,
    schema: T,
  ): Promise<z.infer<T>> {
    const data = await this.#repeated(() =>
      this.#call<unknown>('GET', API + path, (headers) =>
        this.#http.get<unknown>(API + path, { headers, params }),
      ),
    );
    const answer = schema.safeParse(data);
    if (!answer.success) {
      throw new RegistryError(
        'unreachable',
        `MLflow's answer to ${path} is not understood: ${answer.error.message}`,
      );
    }
    return answer.data;
  }

  /** For what is the same when it is done twice. */
  async put(path: string, body: unknown): Promise<unknown> {
    return this.#repeated(() => this.post(path, body));
  }

  async delete(path: string, body: unknown): Promise<unknown> {
    return this.#repeated(() =>
      this.#call<unknown>('DELETE', API + path, (headers) =>
        this.#http.delete<unknown>(API + path, { headers, data: body }),
      ),
    );
  }

  async post(path: string, body: unknown): Promise<unknown> {
    return this.#call<unknown>('POST', API + path, (headers) =>
      this.#http.post<unknown>(API + path, body, { headers }),
    );
  }

  /**
   * @param path from the server's root
   * @param route the path as observers are to see it, without what is asked for
   */
  async download(path: string, route: string): Promise<Readable> {
    return this.#call<Readable>('GET', route, (headers) =>
      this.#http.get<Readable>(path, {
        headers,
        responseType: 'stream',
        timeout: this.#downloadTimeoutMs,
        signal: AbortSignal.timeout(this.#downloadTimeoutMs),
      }),
    );
  }

  /** Once more, where the server closed a kept connection in the moment in which it was used. */
  async #repeated<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (error instanceof RegistryError && error.connectionReset) return call();
      throw error;
    }
  }

  /** @param send gets the headers that carry the trace along */
  async #call<T>(
    method: string,
    route: string,
    send: (
      headers: Readonly<Record<string, string>>,
    ) => Promise<{ readonly data: T; readonly status: number }>,
  ): Promise<T> {
    const observed = this.#calls?.begin({ method, route, ...this.#server });
    try {
      const { data, status } = await send({ ...observed?.headers });
      // The answer of a download is over when its last byte is read, or nobody wants more of it.
      if (data instanceof Readable) data.once('close', () => observed?.finish(status));
      else observed?.finish(status);
      return data;
    } catch (cause) {
      if (!isAxiosError(cause)) {
        observed?.finish(undefined, '_OTHER');
        throw new RegistryError('unreachable', messageOf(cause), { cause });
      }
      observed?.finish(cause.response?.status, String(cause.response?.status ?? cause.code ?? '_OTHER'));
      const body: unknown = cause.response?.data;
      // A stream that nobody reads would hold its connection for good.
      if (body instanceof Readable) body.destroy();
      const answer = errorAnswer.safeParse(body);
      const said = answer.success && answer.data.message !== '' ? answer.data.message : cause.message;
      const where = `${(cause.config?.method ?? 'get').toUpperCase()} ${cause.config?.url ?? ''}`;
      // Not passed on as the cause: axios errors carry the request with its credentials.
      throw new RegistryError(
        kindOf(cause),
        `${where}: ${cause.code ?? ''} ${said}`.replaceAll(/\s+/g, ' '),
        { connectionReset: cause.code === 'ECONNRESET' },
      );
    }
  }
}

/** Host and port alone: the address may hold a password. */
function serverOf(trackingUri: string): Pick<CallTarget, 'host' | 'port'> {
  const { hostname, port, protocol } = new URL(trackingUri);
  return { host: hostname, port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) };
}
