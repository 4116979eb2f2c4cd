/** What happened to the versions of one model. */
export interface ModelEvent {
  readonly at: Date;
  readonly kind: 'loaded' | 'load_failed' | 'unloaded' | 'fell_back';
  readonly version: string;
  readonly digest: string;
  /** Of a failure. */
  readonly code?: string;
  readonly message?: string;
  /** How long a successful load took. */
  readonly seconds?: number;
}

/** Older events are in the log. */
const KEPT_EVENTS = 20;

/** The latest events of one model, newest first. Its memory does not outlive the process. */
export class ModelHistory {
  readonly #now: () => Date;
  #events: readonly ModelEvent[] = [];

  constructor(now: () => Date = () => new Date()) {
    this.#now = now;
  }

  get events(): readonly ModelEvent[] {
    return this.#events;
  }

  /** A failure that only repeats the latest event takes its place: retries must not push all else out. */
  add(event: Omit<ModelEvent, 'at'>): void {
    const [latest, ...earlier] = this.#events;
    const others = latest !== undefined && isRetryOf(latest, event) ? earlier : this.#events;
    this.#events = [{ at: this.#now(), ...event }, ...others].slice(0, KEPT_EVENTS);
  }
}

function isRetryOf(latest: ModelEvent, { kind, version, digest, code }: Omit<ModelEvent, 'at'>): boolean {
  return (
    kind === 'load_failed' &&
    latest.kind === kind &&
    latest.version === version &&
    latest.digest === digest &&
    latest.code === code
  );
}
