import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ModelPackage } from '../../src/model-package/manifest.js';
import {
  DIGEST_TAG,
  RegistryError,
  type ModelRegistry,
  type ModelVersion,
  type RegisteredModel,
} from '../../src/registry/model-registry.js';

interface Entry {
  readonly directory: string;
  readonly tags: Map<string, string>;
  description?: string;
}

/** Turns the bytes of one file into what a client gets instead. */
export type Tamper = (bytes: Buffer) => Readable;

/** A registry in memory over packages in folders. It keeps the interface's promises, and breaks where it is told to. */
export class FakeRegistry implements ModelRegistry {
  /** false: nothing gets an answer. */
  reachable = true;
  /** Path -> what becomes of that file on its way. */
  readonly tampered = new Map<string, Tamper>();
  /** Every call: method and arguments. */
  readonly calls: string[] = [];
  readonly #models = new Map<string, Map<string, Entry>>();
  readonly #aliases = new Map<string, Map<string, string>>();
  readonly #modelTags = new Map<string, Map<string, string>>();

  /** @returns the new version's number */
  register(modelPackage: ModelPackage, tags: Readonly<Record<string, string>> = {}): string {
    const name = modelPackage.manifest.model_name;
    const versions = this.#models.get(name) ?? new Map<string, Entry>();
    this.#models.set(name, versions);
    const version = String(versions.size + 1);
    versions.set(version, {
      directory: modelPackage.directory,
      tags: new Map(Object.entries({ [DIGEST_TAG]: modelPackage.digest, ...tags })),
    });
    return version;
  }

  /** As the training side does, in Markdown. */
  describe(name: string, version: string, text: string): void {
    this.#entry(name, version).description = text;
  }

  /** Registers a package and moves the alias to it. */
  promote(modelPackage: ModelPackage, alias = 'champion'): string {
    const version = this.register(modelPackage);
    this.point(modelPackage.manifest.model_name, alias, version);
    return version;
  }

  point(name: string, alias: string, version: string): void {
    const aliases = this.#aliases.get(name) ?? new Map<string, string>();
    this.#aliases.set(name, aliases.set(alias, version));
  }

  removeAlias(name: string, alias: string): void {
    this.#aliases.get(name)?.delete(alias);
  }

  /** Deletes a version, and with it the aliases that point at it, as MLflow does. */
  remove(name: string, version: string): void {
    this.#models.get(name)?.delete(version);
    for (const [alias, target] of this.#aliases.get(name) ?? []) {
      if (target === version) this.removeAlias(name, alias);
    }
  }

  tagsOf(name: string, version: string): Map<string, string> {
    return this.#entry(name, version).tags;
  }

  /** Tags of the registered model, to be read and changed. */
  modelTagsOf(name: string): Map<string, string> {
    const tags = this.#modelTags.get(name) ?? new Map<string, string>();
    this.#modelTags.set(name, tags);
    return tags;
  }

  /** How often a method was called. */
  count(method: keyof ModelRegistry): number {
    return this.calls.filter((call) => call.startsWith(`${method} `)).length;
  }

  getRegisteredModel(name: string): Promise<RegisteredModel> {
    return this.#answer('getRegisteredModel', [name], () => {
      this.#known(name);
      return { name, aliases: new Map(this.#aliases.get(name)), tags: new Map(this.#modelTags.get(name)) };
    });
  }

  getModelVersionByAlias(name: string, alias: string): Promise<ModelVersion> {
    return this.#answer('getModelVersionByAlias', [name, alias], () => {
      const version = this.#aliases.get(name)?.get(alias);
      if (version === undefined) throw new RegistryError('not-found', `alias ${alias} not found`);
      return this.#version(name, version);
    });
  }

  getModelVersion(name: string, version: string): Promise<ModelVersion> {
    return this.#answer('getModelVersion', [name, version], () => this.#version(name, version));
  }

  setRegisteredModelAlias(name: string, alias: string, version: string): Promise<void> {
    return this.#answer('setRegisteredModelAlias', [name, alias, version], () => {
      this.#entry(name, version);
      this.point(name, alias, version);
    });
  }

  setModelVersionTag(name: string, version: string, key: string, value: string): Promise<void> {
    return this.#answer('setModelVersionTag', [name, version, key, value], () => {
      this.#entry(name, version).tags.set(key, value);
    });
  }

  setRegisteredModelTag(name: string, key: string, value: string): Promise<void> {
    return this.#answer('setRegisteredModelTag', [name, key, value], () => {
      this.#known(name);
      this.modelTagsOf(name).set(key, value);
    });
  }

  deleteRegisteredModelTag(name: string, key: string): Promise<void> {
    return this.#answer('deleteRegisteredModelTag', [name, key], () => {
      this.#known(name);
      this.modelTagsOf(name).delete(key);
    });
  }

  getDownloadUriForModelVersionArtifacts(name: string, version: string): Promise<string> {
    return this.#answer('getDownloadUriForModelVersionArtifacts', [name, version], () => {
      return `fake:${this.#entry(name, version).directory}`;
    });
  }

  async openArtifact(artifactUri: string, path: string): Promise<Readable> {
    const file = await this.#answer('openArtifact', [path], () => {
      const target = join(artifactUri.replace('fake:', ''), path);
      if (!existsSync(target)) throw new RegistryError('not-found', `no file ${path}`);
      return target;
    });
    const bytes = await readFile(file);
    return this.tampered.get(path)?.(bytes) ?? Readable.from([bytes]);
  }

  #version(name: string, version: string): ModelVersion {
    const { tags, description } = this.#entry(name, version);
    return { name, version, runId: undefined, description, tags: new Map(tags) };
  }

  #known(name: string): void {
    if (!this.#models.has(name)) throw new RegistryError('not-found', `no model ${name}`);
  }

  #entry(name: string, version: string): Entry {
    const entry = this.#models.get(name)?.get(version);
    if (entry === undefined) throw new RegistryError('not-found', `no version ${version} of ${name}`);
    return entry;
  }

  async #answer<T>(method: keyof ModelRegistry, args: readonly string[], compute: () => T): Promise<T> {
    this.calls.push([method, ...args].join(' '));
    // An answer is never there in the same turn.
    await new Promise((resolve) => setImmediate(resolve));
    if (!this.reachable) throw new RegistryError('unreachable', 'connect ECONNREFUSED');
    return compute();
  }
}
