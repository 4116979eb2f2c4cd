import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ModelPackage } from '../../src/model-package/manifest.js';

/** Answers over HTTP what MLflow answers to whoever downloads one package. */
export class ArtifactServer {
  /** Paths of the files that were asked for. */
  readonly asked: string[] = [];
  readonly #server: Server;
  #released: Promise<void> = Promise.resolve();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start({ directory }: ModelPackage): Promise<ArtifactServer> {
    const server = createServer();
    const artifacts = new ArtifactServer(server);
    server.on('request', (request, response) => {
      const path = /\/mlflow-artifacts\/artifacts\/package\/(.*)$/.exec(request.url ?? '')?.[1];
      if (path === undefined) {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end('{"artifact_uri":"mlflow-artifacts:/package"}');
        return;
      }
      artifacts.asked.push(path);
      void artifacts.#released.then(() => {
        response.end(readFileSync(join(directory, path)));
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return artifacts;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Leaves everybody who asks for a file without an answer, until the function that it returns is called. */
  hold(): () => void {
    let release: () => void = () => undefined;
    this.#released = new Promise<void>((resolve) => {
      release = resolve;
    });
    return release;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
