import type { Readable } from 'node:stream';
import type { PackageSignature } from '../model-package/package-signature.js';

/** A model version as the registry knows it. */
export interface ModelVersion {
  readonly name: string;
  readonly version: string;
  readonly runId: string | undefined;
  /** Markdown for people: what came out when it was judged. undefined: nothing. */
  readonly description?: string | undefined;
  readonly tags: ReadonlyMap<string, string>;
}

/** The tag that names the bytes of a version. The training side writes it when it registers. */
export const DIGEST_TAG = 'package_digest';

/** Tags that hold the signature of whoever blessed the version. */
export const SIGNATURE_TAG = 'signature_ed25519';
export const SIGNATURE_KEY_TAG = 'signature_key_id';

/** undefined: the version is not signed, or its signature was taken back. */
export function signatureOf({ tags }: Pick<ModelVersion, 'tags'>): PackageSignature | undefined {
  const value = tags.get(SIGNATURE_TAG) ?? '';
  return value === '' ? undefined : { value, keyId: tags.get(SIGNATURE_KEY_TAG) };
}

export interface RegisteredModel {
  readonly name: string;
  /** Alias -> version. */
  readonly aliases: ReadonlyMap<string, string>;
  readonly tags: ReadonlyMap<string, string>;
}

/** Where the files of model versions are read from. */
export interface PackageFiles {
  getDownloadUriForModelVersionArtifacts(name: string, version: string): Promise<string>;
  /** Opens one file below an artifact URI. Not in mlflow-js, which leaves artifacts to the caller. */
  openArtifact(artifactUri: string, path: string): Promise<Readable>;
}

/**
 * What this tier needs from a model registry. Method names are those of mlflow-js's ModelRegistryClient and
 * ModelVersionClient, so that the package can stand in.
 *
 * @throws {RegistryError} from every method
 */
export interface ModelRegistry extends PackageFiles {
  getRegisteredModel(name: string): Promise<RegisteredModel>;
  getModelVersionByAlias(name: string, alias: string): Promise<ModelVersion>;
  getModelVersion(name: string, version: string): Promise<ModelVersion>;
  setRegisteredModelAlias(name: string, alias: string, version: string): Promise<void>;
  setModelVersionTag(name: string, version: string, key: string, value: string): Promise<void>;
  setRegisteredModelTag(name: string, key: string, value: string): Promise<void>;
  /** Of a tag that is not there: nothing happens. */
  deleteRegisteredModelTag(name: string, key: string): Promise<void>;
}

/**
 * `not-found`: the registry answered that there is no such model, version, alias or file.
 * `unreachable`: no answer, or a server error: may pass.
 * `denied`: the credentials are missing or wrong, or not allowed to do this.
 * `rejected`: the registry refuses this request, whoever repeats it.
 */
export type RegistryErrorKind = 'not-found' | 'unreachable' | 'denied' | 'rejected';

export class RegistryError extends Error {
  override readonly name = 'RegistryError';

  /** The server hung up before it answered. */
  readonly connectionReset: boolean;

  constructor(
    readonly kind: RegistryErrorKind,
    detail: string,
    options?: ErrorOptions & { readonly connectionReset?: boolean },
  ) {
    super(detail, options);
    this.connectionReset = options?.connectionReset ?? false;
  }
}
