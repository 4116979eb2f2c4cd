import { credentials, Metadata, type Client, type ServiceError } from '@grpc/grpc-js';
import { loadInferenceService } from '../../src/api/grpc/definition.js';

const TIMEOUT_MS = 30_000;

/** How a call ended. */
export interface GrpcAnswer {
  /** 0: it did well. */
  readonly status: number;
  readonly details: string;
  /** Headers of an answer, trailers of a refusal. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

type Method = (
  request: object,
  metadata: Metadata,
  options: object,
  done: (error: ServiceError | null, answer: unknown) => void,
) => { on(event: 'metadata', listener: (metadata: Metadata) => void): void };

/** A client of the inference service at 127.0.0.1. */
export class GrpcCaller {
  readonly #client: Client;

  constructor(port: number) {
    this.#client = new (loadInferenceService())(`127.0.0.1:${port}`, credentials.createInsecure());
  }

  /** @param timeoutMs the deadline of the call, from now */
  call(
    method: string,
    request: object,
    headers: Readonly<Record<string, string>> = {},
    timeoutMs = TIMEOUT_MS,
  ): Promise<GrpcAnswer> {
    const metadata = new Metadata();
    for (const [key, value] of Object.entries(headers)) metadata.set(key, value);
    const call = (this.#client as unknown as Record<string, Method>)[method]!.bind(this.#client);
    return new Promise((resolve) => {
      let received: Readonly<Record<string, unknown>> = {};
      call(request, metadata, { deadline: Date.now() + timeoutMs }, (error, body) => {
        if (error === null) resolve({ status: 0, details: '', metadata: received, body });
        else {
          const { code, details, metadata: trailers } = error;
          resolve({ status: code, details, metadata: trailers.getMap(), body: undefined });
        }
      }).on('metadata', (initial) => (received = initial.getMap()));
    });
  }

  close(): void {
    this.#client.close();
  }
}
