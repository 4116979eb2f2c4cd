import { LoadError, messageOf, RequestError, type LoadErrorCode } from '../errors.js';
import type { Manifest, ModelPackage } from '../model-package/manifest.js';
import { retryDelayMs } from './backoff.js';
import { Servable, type ServableHandle, type ServableId, type ServableOptions } from './servable.js';
import { nextAction, NOTHING, sameServable, type Action } from './version-policy.js';

/** Where verified packages come from. */
export interface PackageSource {
  /** @throws {LoadError} */
  fetch(id: ServableId): Promise<ModelPackage>;
}

/** Told of what happened, after it happened. Listeners must not throw. */
export interface ServableListener {
  loaded(id: ServableId, manifest: Manifest, seconds: number): void;
  loadFailed(id: ServableId, error: LoadError, retryAt: Date): void;
  retired(id: ServableId): void;
  /** The runtime could not free a retired session: memory is lost, nothing else. */
  releaseFailed(id: ServableId, message: string): void;
}

/** Why a version is not being served, for `/status`. */
export interface LoadFailure {
  readonly version: string;
  readonly digest: string;
  readonly code: LoadErrorCode;
  readonly message: string;
  readonly at: Date;
  readonly retryAt: Date;
  readonly failures: number;
}

/** Failures remembered at once; the oldest is forgotten first. */
const MAX_REMEMBERED_FAILURES = 100;

function keyOf(id: ServableId): string {
  return `${id.modelName}/${id.version}/${id.digest}`;
}

/** Moves servables from what is to what is aspired, one step at a time, and lends the champion out. */
export class ServableManager {
  readonly #source: PackageSource;
  readonly #options: ServableOptions;
  readonly #listener: ServableListener;
  readonly #now: () => Date;
  readonly #servables = new Set<Servable>();
  /** Those that drain. None of these rejects. */
  readonly #retiring = new Set<Promise<void>>();
  readonly #failures = new Map<string, LoadFailure>();
  #champion: Servable | undefined;
  #aspired: ServableId | typeof NOTHING | undefined;
  #working: Promise<void> | undefined;
  #lastFailure: LoadFailure | undefined;

  constructor(
    source: PackageSource,
    options: ServableOptions,
    listener: ServableListener,
    now: () => Date = () => new Date(),
  ) {
    this.#source = source;
    this.#options = options;
    this.#listener = listener;
    this.#now = now;
  }

  /** The servable that answers, if any. For looking at; to use it, acquire it. */
  get champion(): Servable | undefined {
    return this.#champion;
  }

  /** Every servable that is not gone: loading, available or quiescing. */
  get servables(): readonly Servable[] {
    return [...this.#servables];
  }

  /** The latest failure since the last success. */
  get lastFailure(): LoadFailure | undefined {
    return this.#lastFailure;
  }

  /**
   * Borrows the champion: `const handle = manager.acquire(); try { ... } finally { handle.release(); }`
   * @throws {RequestError} MODEL_NOT_READY
   */
  acquire(): ServableHandle {
    if (this.#champion === undefined) {
      throw new RequestError(
        'MODEL_NOT_READY',
        'No model version is loaded yet; /status on the management port says why',
      );
    }
    return this.#champion.acquire();
  }

  /**
   * Makes this version the one to serve. Resolves when there is nothing left to do now: it is available, or it
   * failed and the former champion stays. Never rejects.
   *
   * @param id `NOTHING`: the champion too is to go, after the requests that hold it
   */
  async aspire(id: ServableId | typeof NOTHING): Promise<void> {
    this.#aspired = id;
    do {
      this.#working ??= this.#work().finally(() => {
        this.#working = undefined;
      });
      await this.#working;
      // Work that had just found nothing left to do has not seen this wish; and who saw it may be another who waited.
    } while (this.#isWorking || this.#nextAction() !== undefined);
  }

  /** Forgets that versions failed, so that the next look at the alias tries them again. */
  forgetFailures(): void {
    this.#failures.clear();
  }

  async #work(): Promise<void> {
    for (;;) {
      const action = this.#nextAction();
      if (action === undefined) return;
      if (action.kind === 'load') await this.#load(action.id);
      else this.#retire(action.id);
    }
  }

  get #isWorking(): boolean {
    return this.#working !== undefined;
  }

  #nextAction(): Action | undefined {
    return nextAction(this.#aspired, this.servables, (id) => this.#mayLoad(id));
  }

  #mayLoad(id: ServableId): boolean {
    const failure = this.#failures.get(keyOf(id));
    return failure === undefined || failure.retryAt <= this.#now();
  }

  async #load(id: ServableId): Promise<void> {
    const servable = new Servable(id, this.#now);
    this.#servables.add(servable);
    const started = performance.now();
    try {
      await servable.load(() => this.#source.fetch(id), this.#options);
    } catch (cause) {
      this.#servables.delete(servable);
      this.#remember(
        id,
        cause instanceof LoadError ? cause : new LoadError('GRAPH_LOAD_FAILED', messageOf(cause), { cause }),
      );
      return;
    }
    // The swap: from this line on every new request borrows the successor.
    this.#champion = servable;
    this.#failures.delete(keyOf(id));
    this.#lastFailure = undefined;
    this.#listener.loaded(id, servable.manifest!, (performance.now() - started) / 1_000);
  }

  #remember(id: ServableId, error: LoadError): void {
    const key = keyOf(id);
    const failures = (this.#failures.get(key)?.failures ?? 0) + 1;
    const at = this.#now();
    const retryAt = new Date(at.getTime() + retryDelayMs(failures, error.transient));
    const failure = {
      version: id.version,
      digest: id.digest,
      code: error.code,
      message: error.message,
      at,
      retryAt,
      failures,
    };
    this.#failures.delete(key);
    this.#failures.set(key, failure);
    if (this.#failures.size > MAX_REMEMBERED_FAILURES) {
      const [oldest] = this.#failures.keys();
      this.#failures.delete(oldest!);
    }
    this.#lastFailure = failure;
    this.#listener.loadFailed(id, error, retryAt);
  }

  #retire(id: ServableId): void {
    // An older one of the same id may still be draining.
    const servable = this.#availableOf(id)!;
    // What is aspired now may be an older one that was never retired: it answers again, before this one goes.
    if (servable === this.#champion && this.#aspired !== undefined) {
      this.#champion = this.#aspired === NOTHING ? undefined : this.#availableOf(this.#aspired);
    }
    // Draining may take as long as the slowest request, so nothing but the end waits for it.
    const retiring = servable
      .retire()
      .catch((error: unknown) => {
        this.#listener.releaseFailed(id, messageOf(error));
      })
      .then(() => {
        this.#retiring.delete(retiring);
        this.#servables.delete(servable);
        // The same version may have come back meanwhile, and is then not gone.
        if (!this.servables.some((other) => sameServable(other.id, id))) this.#listener.retired(id);
      });
    this.#retiring.add(retiring);
  }

  #availableOf(id: ServableId): Servable | undefined {
    return this.servables.find(
      (candidate) => candidate.state === 'available' && sameServable(candidate.id, id),
    );
  }

  /** Releases everything, after the requests in flight. */
  async close(): Promise<void> {
    this.#aspired = undefined;
    await this.#working;
    this.#champion = undefined;
    const available = this.servables.filter(({ state }) => state === 'available');
    await Promise.all([...this.#retiring, ...available.map((servable) => servable.retire())]);
  }
}
