import { createReadStream } from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ModelPackage } from '../../src/model-package/manifest.js';
import { DIGEST_TAG } from '../../src/registry/model-registry.js';
import {
  TRAFFIC_POLICY_TAG,
  writeTrafficPolicy,
  type TrafficPolicyDocument,
} from '../../src/registry/traffic-tags.js';

const API = '/api/2.0/mlflow';
const ARTIFACTS = '/api/2.0/mlflow-artifacts/artifacts/';

/**
 * MLflow's registry as far as a replica asks for it, over packages in folders. It lets benchmarks run the tier as
 * it is shipped, in processes of its own, without the seconds and the CPU of a real MLflow beside it.
 */
export class PackageRegistry {
  readonly #server: Server;
  readonly #packages: readonly ModelPackage[];
  readonly #traffic: TrafficPolicyDocument;
  #champion = 0;

  private constructor(packages: readonly ModelPackage[], traffic: TrafficPolicyDocument) {
    this.#packages = packages;
    this.#traffic = traffic;
    this.#server = createServer((request, response) => {
      this.#answer(new URL(request.url ?? '/', 'http://registry'), response).catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : undefined);
      });
    });
  }

  /** @param packages versions 1, 2, ...; the first is the champion */
  static async start(
    packages: readonly ModelPackage[],
    traffic: TrafficPolicyDocument = {},
  ): Promise<PackageRegistry> {
    const registry = new PackageRegistry(packages, traffic);
    await once(registry.#server.listen(0, '127.0.0.1'), 'listening');
    return registry;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Moves every alias. */
  point(version: string): void {
    this.#champion = Number(version) - 1;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer({ pathname, searchParams }: URL, response: ServerResponse): Promise<void> {
    const version = searchParams.get('version');
    switch (pathname) {
      case `${API}/registered-models/get`:
        json(response, {
          registered_model: {
            name: searchParams.get('name'),
            tags: [{ key: TRAFFIC_POLICY_TAG, value: writeTrafficPolicy(this.#traffic) }],
          },
        });
        return;
      case `${API}/registered-models/alias`:
        json(response, { model_version: this.#version(this.#champion) });
        return;
      case `${API}/model-versions/get`:
        json(response, { model_version: this.#version(Number(version) - 1) });
        return;
      case `${API}/model-versions/get-download-uri`:
        json(response, { artifact_uri: `mlflow-artifacts:/${version ?? ''}` });
        return;
    }
    const [number = '', ...path] = pathname.startsWith(ARTIFACTS)
      ? decodeURIComponent(pathname.slice(ARTIFACTS.length)).split('/')
      : [];
    const modelPackage = this.#packages[Number(number) - 1];
    if (modelPackage === undefined) {
      json(response, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: `${pathname} not found` }, 404);
      return;
    }
    await pipeline(createReadStream(join(modelPackage.directory, normalize(join('/', ...path)))), response);
  }

  #version(index: number): object {
    const { manifest, digest } = this.#packages[index]!;
    return {
      name: manifest.model_name,
      version: String(index + 1),
      run_id: '',
      tags: [{ key: DIGEST_TAG, value: digest }],
    };
  }
}

function json(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
