import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ModelStatus, ReplicaStatus } from '../../src/promotion/fleet.js';

/** What a replica says of one model; it serves version 1 of `toy` as champion unless told otherwise. */
export function modelStatus(overrides: Partial<ModelStatus> = {}): ModelStatus {
  return {
    model_name: 'toy',
    alias: 'champion',
    serving_from: 'registry',
    available: { version: '1', digest: 'sha256:1', since: '2026-01-01T00:00:00.000Z' },
    last_failure: null,
    ...overrides,
  };
}

/** Answers `/status` on a port of its own. */
export class FakeReplica {
  /** One entry a model; undefined: the replica is broken. */
  models: readonly [ModelStatus, ...ModelStatus[]] | undefined = [modelStatus()];
  /** Called before each answer. */
  onAsked: () => void = () => undefined;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<FakeReplica> {
    const server = createServer();
    const replica = new FakeReplica(server);
    server.on('request', (request, response) => {
      replica.onAsked();
      if (replica.models === undefined || request.url !== '/status') {
        response.writeHead(500).end('broken');
        return;
      }
      const [first] = replica.models;
      const status: ReplicaStatus = { ...first, ready: true, models: [...replica.models], workers: [] };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(status));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return replica;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Serves this version of `toy` from now on. */
  serve(version: string, digest: string): void {
    this.models = [modelStatus({ available: { version, digest, since: '2026-01-01T00:00:00.000Z' } })];
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    if (!this.#server.listening) return;
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
