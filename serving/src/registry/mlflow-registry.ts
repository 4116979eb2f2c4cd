import type { Readable } from 'node:stream';
import { z } from 'zod';
import { MlflowHttp, type MlflowConnection } from './mlflow-http.js';
import {
  RegistryError,
  type ModelRegistry,
  type ModelVersion,
  type RegisteredModel,
} from './model-registry.js';
import type { CallObserver } from './observed-call.js';

const ARTIFACTS = '/api/2.0/mlflow-artifacts/artifacts';

const tagsSchema = z.array(z.object({ key: z.string(), value: z.string().default('') })).default([]);
const modelVersionSchema = z.object({
  name: z.string(),
  version: z.string(),
  run_id: z.string().optional(),
  description: z.string().optional(),
  tags: tagsSchema,
});
const versionAnswer = z.object({ model_version: modelVersionSchema });
const modelAnswer = z.object({
  registered_model: z.object({
    name: z.string(),
    aliases: z.array(z.object({ alias: z.string(), version: z.string() })).default([]),
    tags: tagsSchema,
  }),
});
const downloadUriAnswer = z.object({ artifact_uri: z.string() });
function toModelVersion({ model_version: raw }: z.infer<typeof versionAnswer>): ModelVersion {
  return {
    name: raw.name,
    version: raw.version,
    runId: raw.run_id === '' ? undefined : raw.run_id,
    ...(raw.description === undefined || raw.description === '' ? {} : { description: raw.description }),
    tags: toMap(raw.tags),
  };
}

function toMap(tags: z.infer<typeof tagsSchema>): ReadonlyMap<string, string> {
  return new Map(tags.map(({ key, value }) => [key, value]));
}

/** A thin typed client of the part of MLflow's REST API that serving and promotion need. */
export class MlflowRegistry implements ModelRegistry {
  readonly #mlflow: MlflowHttp;

  constructor(connection: MlflowConnection, calls?: CallObserver) {
    this.#mlflow = new MlflowHttp(connection, calls);
  }

  async getRegisteredModel(name: string): Promise<RegisteredModel> {
    const { registered_model: raw } = await this.#mlflow.get('/registered-models/get', { name }, modelAnswer);
    return {
      name: raw.name,
      aliases: new Map(raw.aliases.map(({ alias, version }) => [alias, version])),
      tags: toMap(raw.tags),
    };
  }

  async getModelVersionByAlias(name: string, alias: string): Promise<ModelVersion> {
    return toModelVersion(await this.#mlflow.get('/registered-models/alias', { name, alias }, versionAnswer));
  }

  async getModelVersion(name: string, version: string): Promise<ModelVersion> {
    return toModelVersion(await this.#mlflow.get('/model-versions/get', { name, version }, versionAnswer));
  }

  async setRegisteredModelAlias(name: string, alias: string, version: string): Promise<void> {
    await this.#mlflow.put('/registered-models/alias', { name, alias, version });
  }

  async setModelVersionTag(name: string, version: string, key: string, value: string): Promise<void> {
    await this.#mlflow.put('/model-versions/set-tag', { name, version, key, value });
  }

  async setRegisteredModelTag(name: string, key: string, value: string): Promise<void> {
    await this.#mlflow.put('/registered-models/set-tag', { name, key, value });
  }

  async deleteRegisteredModelTag(name: string, key: string): Promise<void> {
    await this.#mlflow.delete('/registered-models/delete-tag', { name, key });
  }

  async getDownloadUriForModelVersionArtifacts(name: string, version: string): Promise<string> {
    const answer = await this.#mlflow.get(
      '/model-versions/get-download-uri',
      { name, version },
      downloadUriAnswer,
    );
    return answer.artifact_uri;
  }

  async openArtifact(artifactUri: string, path: string): Promise<Readable> {
    // With a host (mlflow-artifacts://host/...) the artifacts are somebody else's to serve.
    const root = /^mlflow-artifacts:(?:\/|\/\/\/)([^/?#][^?#]*)$/.exec(artifactUri)?.[1];
    if (root === undefined) {
      throw new RegistryError(
        'rejected',
        `Artifacts at ${artifactUri.split(':')[0] ?? ''}: are not served by this registry; start MLflow with --serve-artifacts`,
      );
    }
    const segments = `${root}/${path}`.split('/').map(encodeURIComponent).join('/');
    return this.#mlflow.download(`${ARTIFACTS}/${segments}`, `${ARTIFACTS}/{path}`);
  }
}
