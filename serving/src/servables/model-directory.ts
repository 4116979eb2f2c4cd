import { RequestError } from '../errors.js';
import type { Servable, ServableHandle } from './servable.js';
import type { ServableManager } from './servable-manager.js';

/** A model and the alias under which this tier follows it. */
export interface ServedModel {
  readonly name: string;
  readonly alias: string;
  readonly manager: ServableManager;
}

/** Finds the servable that a request asks for, among all models and aliases of the tier. */
export class ModelDirectory {
  readonly #models: readonly [ServedModel, ...ServedModel[]];

  /** @param models in the order of the configuration: the first answers where a request names none */
  constructor(models: readonly [ServedModel, ...ServedModel[]]) {
    this.#models = models;
  }

  /** Versions of a model that are available now. @throws {RequestError} MODEL_NOT_FOUND */
  versions(name: string): readonly string[] {
    return this.#entries(name).flatMap(({ manager }) => manager.champion?.id.version ?? []);
  }

  /** The entry that answers for a model, or for exactly one version of it. */
  #find(name: string | undefined, version: string | undefined): ServedModel {
    const entries = this.#entries(name);
    if (version === undefined) return entries[0];
    const pinned = entries.find(({ manager }) => manager.champion?.id.version === version);
    if (pinned !== undefined) return pinned;
    const loaded = this.versions(entries[0].name).join(', ') || 'none';
    throw new RequestError(
      'VERSION_NOT_AVAILABLE',
      `That version of ${entries[0].name} is not loaded here; loaded: ${loaded}`,
    );
  }

  #entries(name = this.#models[0].name): readonly [ServedModel, ...ServedModel[]] {
    const [first, ...others] = this.#models.filter((model) => model.name === name);
    if (first !== undefined) return [first, ...others];
    const names = [...new Set(this.#models.map((model) => model.name))].join(', ');
    throw new RequestError('MODEL_NOT_FOUND', `No model of that name is served here; there are: ${names}`);
  }

  /** The servable that would answer now, if there is one. @throws {RequestError} MODEL_NOT_FOUND, VERSION_NOT_AVAILABLE */
  look(name?: string, version?: string): Servable | undefined {
    return this.#find(name, version).manager.champion;
  }

  /** @throws {RequestError} MODEL_NOT_FOUND, VERSION_NOT_AVAILABLE or MODEL_NOT_READY */
  acquire(name?: string, version?: string): { readonly handle: ServableHandle; readonly alias: string } {
    const { manager, alias } = this.#find(name, version);
    return { handle: manager.acquire(), alias };
  }
}
