import { createHash } from 'node:crypto';
import type { ServedModel } from '../../servables/model-directory.js';
import { describedModel } from './described-model.js';
import { openApiDocument, type OpenApiOptions } from './openapi-document.js';

/** The document as it is sent. */
export interface OpenApiText {
  readonly json: string;
  /** Strong: replicas that serve the same versions have the same. */
  readonly etag: string;
}

/** The document of the versions that are available now, written again when those change. */
export class OpenApiSource {
  readonly #models: readonly [ServedModel, ...ServedModel[]];
  readonly #options: OpenApiOptions;
  #writtenFor: string | undefined;
  #text: OpenApiText = { json: '', etag: '' };

  constructor(models: readonly [ServedModel, ...ServedModel[]], options: OpenApiOptions) {
    this.#models = models;
    this.#options = options;
  }

  /** Of the models that the document describes. */
  get modelNames(): readonly string[] {
    return this.#models.map(({ name }) => name);
  }

  current(): OpenApiText {
    const [first, ...others] = this.#models;
    const described = [describedModel(first), ...others.map(describedModel)] as const;
    // Versions too: two of them may have the same bytes, and the examples name the version.
    const key = described.map(({ loaded }) => `${loaded?.id.version} ${loaded?.id.digest}`).join();
    if (this.#writtenFor !== key) {
      const json = JSON.stringify(openApiDocument(described, this.#options));
      this.#text = { json, etag: `"${createHash('sha256').update(json).digest('base64url')}"` };
      this.#writtenFor = key;
    }
    return this.#text;
  }
}
