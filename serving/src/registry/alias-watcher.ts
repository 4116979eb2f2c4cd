import { LoadError, messageOf } from '../errors.js';
import type { PackageId } from './artifact-store.js';
import { DIGEST_TAG, RegistryError, signatureOf, type ModelRegistry } from './model-registry.js';
import { Poller } from './poller.js';

/** The part of a registry that says where an alias points. */
export type AliasReader = Pick<ModelRegistry, 'getModelVersionByAlias'>;

/** What follows the alias: the servable manager. */
export interface VersionFollower {
  readonly champion: { readonly id: PackageId } | undefined;
  aspire(id: PackageId): Promise<void>;
}

export interface AliasWatcherOptions {
  readonly modelName: string;
  readonly alias: string;
  readonly pollIntervalSeconds: number;
}

/** Told of each look at the alias. Must not throw. */
export interface AliasListener {
  resolved(version: string): void;
  unresolved(error: LoadError): void;
  /** The version on disk is served because the registry gave none that works. */
  fellBack(id: PackageId): void;
}

/** What the last look at the registry found, for `/status`. */
export interface RegistryView {
  readonly reachable: boolean;
  readonly checkedAt: Date | undefined;
  /** Version that the alias pointed at when it was last known. */
  readonly aliasedVersion: string | undefined;
  readonly error: string | undefined;
}

export type ServingFrom = 'registry' | 'last_known_good' | 'nothing';

/** Reads where the alias points, and has the follower go there. */
export class AliasWatcher {
  readonly #registry: AliasReader;
  readonly #follower: VersionFollower;
  readonly #readLastKnownGood: (modelName: string, alias: string) => Promise<PackageId | undefined>;
  readonly #options: AliasWatcherOptions;
  readonly #listener: AliasListener;
  readonly #poller: Poller;
  #fallenBackTo: PackageId | undefined;
  #view: RegistryView = {
    reachable: false,
    checkedAt: undefined,
    aliasedVersion: undefined,
    error: undefined,
  };

  constructor(
    registry: AliasReader,
    follower: VersionFollower,
    readLastKnownGood: (modelName: string, alias: string) => Promise<PackageId | undefined>,
    options: AliasWatcherOptions,
    listener: AliasListener,
  ) {
    this.#registry = registry;
    this.#follower = follower;
    this.#readLastKnownGood = readLastKnownGood;
    this.#options = options;
    this.#listener = listener;
    this.#poller = new Poller('alias-watcher', options.pollIntervalSeconds, () => this.#lookOnce());
  }

  get view(): RegistryView {
    return this.#view;
  }

  get servingFrom(): ServingFrom {
    if (this.#follower.champion === undefined) return 'nothing';
    return this.#fallenBackTo === undefined ? 'registry' : 'last_known_good';
  }

  /** Looks once, and from then on at every interval. Resolves after the first look, whatever it found. */
  start(): Promise<void> {
    return this.#poller.start();
  }

  stop(): Promise<void> {
    return this.#poller.stop();
  }

  /** Looks now; if a look is under way, once more after it, since that one may have read the old alias. */
  hurry(): Promise<void> {
    return this.#poller.hurry();
  }

  /** One look at the alias. Never rejects; concurrent calls share one. */
  look(): Promise<void> {
    return this.#poller.look();
  }

  async #lookOnce(): Promise<void> {
    const { modelName, alias } = this.#options;
    try {
      const found = await this.#registry.getModelVersionByAlias(modelName, alias);
      const { version, tags } = found;
      const signature = signatureOf(found);
      this.#view = { reachable: true, checkedAt: new Date(), aliasedVersion: version, error: undefined };
      this.#listener.resolved(version);
      const target = {
        modelName,
        version,
        digest: tags.get(DIGEST_TAG) ?? 'none',
        ...(signature !== undefined && { signature }),
      };
      await this.#follower.aspire(target);
      const champion = this.#follower.champion?.id;
      if (champion?.version === target.version && champion.digest === target.digest)
        this.#fallenBackTo = undefined;
    } catch (error) {
      const failure = this.#explain(error);
      this.#view = {
        ...this.#view,
        reachable: failure.code === 'ALIAS_NOT_SET',
        checkedAt: new Date(),
        error: failure.message,
      };
      this.#listener.unresolved(failure);
    }
    if (this.#follower.champion === undefined) await this.#fallBack();
  }

  async #fallBack(): Promise<void> {
    const lastKnownGood = await this.#readLastKnownGood(this.#options.modelName, this.#options.alias);
    if (lastKnownGood === undefined) return;
    await this.#follower.aspire(lastKnownGood);
    if (this.#follower.champion === undefined) return;
    this.#fallenBackTo = lastKnownGood;
    this.#listener.fellBack(lastKnownGood);
  }

  #explain(error: unknown): LoadError {
    const { modelName, alias } = this.#options;
    if (error instanceof RegistryError && error.kind === 'not-found') {
      return new LoadError('ALIAS_NOT_SET', `Model ${modelName} has no alias ${alias} in the registry`, {
        cause: error,
      });
    }
    if (error instanceof RegistryError && error.kind === 'denied') {
      return new LoadError(
        'REGISTRY_DENIED',
        `The registry does not let this replica read: ${error.message}`,
        {
          cause: error,
        },
      );
    }
    return new LoadError('REGISTRY_UNREACHABLE', `The registry did not answer: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
