import type { Manifest, ModelPackage } from '../model-package/manifest.js';
import type { PackageSignature } from '../model-package/package-signature.js';
import { checkGoldenRows } from './golden-check.js';
import { loadSession, type ModelSession, type PlacementOptions } from './model-session.js';
import type { OutputColumn } from './onnx-session.js';
import { RowEncoder, type EncodedRows } from './row-encoder.js';
import { assertTransition, type ServableState } from './states.js';

/** Which bytes a model version stands for. */
export interface ServableId {
  readonly modelName: string;
  readonly version: string;
  readonly digest: string;
  /** Whoever fetches the package may ask for one; it is no part of what tells two servables apart. */
  readonly signature?: PackageSignature | undefined;
}

/** The right to use a servable until released. Releasing twice is a bug and throws. */
export interface ServableHandle {
  readonly servable: Servable;
  release(): void;
}

export interface ServableOptions extends PlacementOptions {
  readonly unknownFeatures: 'refuse' | 'ignore';
}

/** A model version in memory: its state, its session, and how many requests hold it. */
export class Servable {
  readonly id: ServableId;
  #state: ServableState = 'new';
  #since: Date;
  #inFlight = 0;
  #session: ModelSession | undefined;
  #encoder: RowEncoder | undefined;
  #manifest: Manifest | undefined;
  #drained: (() => void) | undefined;
  readonly #now: () => Date;

  constructor(id: ServableId, now: () => Date = () => new Date()) {
    this.id = id;
    this.#now = now;
    this.#since = now();
  }

  get state(): ServableState {
    return this.#state;
  }

  /** When the present state began. */
  get since(): Date {
    return this.#since;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Defined once available. */
  get manifest(): Manifest | undefined {
    return this.#manifest;
  }

  get encoder(): RowEncoder {
    if (this.#encoder === undefined) throw new Error(`Servable ${this.id.version} is ${this.#state}`);
    return this.#encoder;
  }

  /**
   * Fetches the package, loads it, warms it, and compares its golden rows.
   * @throws {LoadError}; the servable is then failed and holds nothing
   */
  async load(fetchPackage: () => Promise<ModelPackage>, options: ServableOptions): Promise<void> {
    this.#enter('loading');
    let session: ModelSession | undefined;
    try {
      const modelPackage = await fetchPackage();
      const encoder = new RowEncoder(modelPackage.manifest, options.unknownFeatures);
      session = await loadSession(modelPackage, encoder.inputs, options);
      await checkGoldenRows(session, encoder, modelPackage.manifest);
      this.#session = session;
      this.#encoder = encoder;
      this.#manifest = modelPackage.manifest;
      this.#enter('available');
    } catch (error) {
      this.#enter('failed');
      await session?.release();
      throw error;
    }
  }

  /** Only an available servable can be borrowed. */
  acquire(): ServableHandle {
    if (this.#state !== 'available') throw new Error(`Servable ${this.id.version} is ${this.#state}`);
    this.#inFlight += 1;
    let held = true;
    return {
      servable: this,
      release: () => {
        if (!held) throw new Error(`A handle of servable ${this.id.version} was released twice`);
        held = false;
        this.#inFlight -= 1;
        if (this.#inFlight === 0) this.#drained?.();
      },
    };
  }

  /** Computes rows. The caller holds a handle. */
  run(rows: EncodedRows): Promise<readonly OutputColumn[]> {
    if (this.#session === undefined) throw new Error(`Servable ${this.id.version} is ${this.#state}`);
    return this.#session.run(rows);
  }

  /** Takes no new requests, waits for those that hold it, and frees its memory. */
  async retire(): Promise<void> {
    this.#enter('quiescing');
    if (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
      });
    }
    const session = this.#session;
    this.#session = undefined;
    await session?.release();
    this.#enter('unloaded');
  }

  #enter(state: ServableState): void {
    assertTransition(this.#state, state);
    this.#state = state;
    this.#since = this.#now();
  }
}
