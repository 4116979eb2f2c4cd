import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { RegistryError, type ModelVersion, type RegisteredModel } from '../../src/registry/model-registry.js';
import type { FakeRegistry } from './fake-registry.js';
import { answerJson, LoopbackServer } from './loopback-server.js';

const API = '/api/2.0/mlflow';
const ARTIFACTS = '/api/2.0/mlflow-artifacts/artifacts/';

/** A fake registry behind the part of MLflow's REST API that serving reads, for tiers in other processes. */
export class FakeMlflow extends LoopbackServer {
  constructor(private readonly registry: FakeRegistry) {
    super();
  }

  get trackingUri(): string {
    return this.url;
  }

  protected answer(request: IncomingMessage, response: ServerResponse): void {
    this.#answer(request, response).catch((error: unknown) => {
      const missing = error instanceof RegistryError && error.kind === 'not-found';
      const code = missing ? 'NOT_FOUND' : 'INTERNAL';
      answerJson(response, missing ? 404 : 500, { error_code: code, message: String(error) });
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fake');
    if (url.pathname.startsWith(ARTIFACTS)) {
      const [folder = '', ...path] = url.pathname.slice(ARTIFACTS.length).split('/').map(decodeURIComponent);
      // Once for this address, and once since it is a segment of another.
      const uri = decodeURIComponent(folder);
      await pipeline(await this.registry.openArtifact(uri, path.join('/')), response);
      return;
    }
    const parameter = (key: string): string => url.searchParams.get(key) ?? '';
    const body = await this.#ask(url.pathname.slice(API.length), parameter);
    answerJson(response, 200, body);
  }

  async #ask(path: string, parameter: (key: string) => string): Promise<unknown> {
    const name = parameter('name');
    switch (path) {
      case '/registered-models/get':
        return writtenModel(await this.registry.getRegisteredModel(name));
      case '/registered-models/alias':
        return written(await this.registry.getModelVersionByAlias(name, parameter('alias')));
      case '/model-versions/get':
        return written(await this.registry.getModelVersion(name, parameter('version')));
      case '/model-versions/get-download-uri': {
        const uri = await this.registry.getDownloadUriForModelVersionArtifacts(name, parameter('version'));
        return { artifact_uri: `mlflow-artifacts:/${encodeURIComponent(uri)}` };
      }
      default:
        throw new RegistryError('not-found', `no route ${path}`);
    }
  }
}

function written({ name, version, tags }: ModelVersion): unknown {
  return { model_version: { name, version, tags: writtenTags(tags) } };
}

function writtenModel({ name, aliases, tags }: RegisteredModel): unknown {
  return {
    registered_model: {
      name,
      aliases: [...aliases].map(([alias, version]) => ({ alias, version })),
      tags: writtenTags(tags),
    },
  };
}

function writtenTags(tags: ReadonlyMap<string, string>): unknown {
  return [...tags].map(([key, value]) => ({ key, value }));
}
