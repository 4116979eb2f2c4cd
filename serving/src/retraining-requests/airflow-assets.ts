import axios, { isAxiosError, type AxiosInstance } from 'axios';
import { z } from 'zod';
import { messageOf } from '../errors.js';

export interface AirflowConnection {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly timeoutMs: number;
}

/** An asset as Airflow knows it: DAGs that wait for it start when it gets an event. */
export interface Asset {
  readonly id: number;
  /** Milliseconds since 1970; undefined: it never had one. */
  readonly lastEventAt: number | undefined;
}

/** Airflow can't be asked, or does not let this process in. */
export class AirflowError extends Error {
  override readonly name = 'AirflowError';
}

const tokenAnswer = z.object({ access_token: z.string() });
const assetsAnswer = z.object({
  assets: z.array(
    z.object({
      id: z.number(),
      name: z.string(),
      last_asset_event: z.object({ timestamp: z.iso.datetime({ offset: true }).nullish() }).nullish(),
    }),
  ),
});

/** The part of Airflow's REST API that announces events of assets. A token is renewed when it is no longer taken. */
export class AirflowAssets {
  readonly #connection: AirflowConnection;
  readonly #http: AxiosInstance;
  #token: string | undefined;

  constructor(connection: AirflowConnection) {
    this.#connection = connection;
    this.#http = axios.create({
      baseURL: connection.url,
      timeout: connection.timeoutMs,
      maxRedirects: 0,
    });
  }

  /** @throws {AirflowError} also where there is no asset of that name */
  async find(name: string): Promise<Asset> {
    const { assets } = await this.#ask(assetsAnswer, 'GET', '/api/v2/assets', {
      params: { name_pattern: name, limit: 100 },
    });
    const found = assets.find((asset) => asset.name === name);
    if (found === undefined) {
      throw new AirflowError(`Airflow has no asset ${name}: are the DAGs that name it parsed?`);
    }
    const timestamp = found.last_asset_event?.timestamp;
    return { id: found.id, lastEventAt: typeof timestamp === 'string' ? Date.parse(timestamp) : undefined };
  }

  /**
   * @param extra what the event says of itself to those that it starts
   * @throws {AirflowError}
   */
  async announce(asset: Asset, extra: Readonly<Record<string, string>>): Promise<void> {
    await this.#ask(z.object({ id: z.number() }), 'POST', '/api/v2/assets/events', {
      data: { asset_id: asset.id, extra },
    });
  }

  async #ask<T extends z.ZodType>(
    answer: T,
    method: 'GET' | 'POST',
    url: string,
    options: { readonly params?: object; readonly data?: object },
  ): Promise<z.infer<T>> {
    try {
      for (let attempt = 1; ; attempt += 1) {
        this.#token ??= await this.#login();
        const response = await this.#http.request<unknown>({
          ...options,
          method,
          url,
          headers: { authorization: `Bearer ${this.#token}` },
          validateStatus: (status) => status < 300 || status === 401,
        });
        if (response.status !== 401) return answer.parse(response.data);
        this.#token = undefined;
        if (attempt > 1) throw new AirflowError('it does not take the token that it gave');
      }
    } catch (cause) {
      throw new AirflowError(`Airflow at ${this.#connection.url} did not do it: ${detailOf(cause)}`, {
        cause,
      });
    }
  }

  async #login(): Promise<string> {
    const { username, password } = this.#connection;
    const response = await this.#http.post<unknown>('/auth/token', { username, password });
    return tokenAnswer.parse(response.data).access_token;
  }
}

/** Never the request, which holds the password. */
function detailOf(error: unknown): string {
  if (error instanceof z.ZodError) return 'it answers in a form that is not understood';
  if (!isAxiosError(error)) return messageOf(error);
  const status = error.response?.status;
  return status === undefined ? (error.code ?? 'no answer') : `it answers ${status}`;
}
