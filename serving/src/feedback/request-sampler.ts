/** Which rows of a request are logged: `first`, `first + stride` and so on. */
export interface LoggedRows {
  readonly first: number;
  readonly stride: number;
  /** One over the probability with which each of them was chosen: the number of rows that it stands for. */
  readonly weight: number;
}

export interface RequestSamplerOptions {
  /** Share of the requests, 0 to 1. */
  readonly sampleRate: number;
  /** More rows than this are thinned out further, by whole requests. */
  readonly rowsPerSecond: number;
  /** Rows of one request; of a larger one every second, third, ... row is taken. */
  readonly rowsPerRequest: number;
}

const SECOND_MS = 1_000;
const HASH_RANGE = 2 ** 32;

/** FNV-1a (G. Fowler, L. Noll, K.-P. Vo), which leaves its high bits too regular for a threshold. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mixed(hash);
}

/** The finalizer of MurmurHash3 (A. Appleby): every bit of the input moves every bit of the result. */
function mixed(hash: number): number {
  let bits = hash;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/**
 * Chooses requests by a hash of their id: all rows of a request share its fate, and replicas that see the same id at
 * the same rate decide alike. At a lower rate the chosen ones are some of those of the higher rate.
 *
 * What is chosen carries its weight, so that sums over the log stay unbiased whatever the rate was at the time (the
 * estimator of D. Horvitz and D. Thompson, J. Am. Stat. Assoc. 47, 1952). The rate follows the traffic of the last
 * second so that the rows stay within the budget, and falls within a second that brings more.
 */
export class RequestSampler {
  readonly #options: RequestSamplerOptions;
  readonly #everyNth: number;
  #secondStartedMs = -Infinity;
  #seen = 0;
  #usual = 1;

  constructor(options: RequestSamplerOptions) {
    this.#options = options;
    this.#everyNth = options.sampleRate > 0 ? 1 / options.sampleRate : Infinity;
  }

  /**
   * @param nowMs of any clock; where it is set back, the budget is renewed
   * @returns undefined where the request is not logged
   */
  pick(requestId: string, rows: number, nowMs: number): LoggedRows | undefined {
    const everyNth = this.#everyNth;
    if (everyNth === Infinity) return undefined;
    const { rowsPerSecond, rowsPerRequest } = this.#options;
    const elapsedMs = nowMs - this.#secondStartedMs;
    if (elapsedMs >= SECOND_MS || elapsedMs < 0) {
      this.#usual = elapsedMs < 2 * SECOND_MS ? this.#seen / rowsPerSecond : 1;
      this.#secondStartedMs = nowMs;
      this.#seen = 0;
    }
    const stride = rows > rowsPerRequest ? Math.ceil(rows / rowsPerRequest) : 1;
    // What it would bring if nothing but the sample rate thinned it out.
    this.#seen += rows / stride / everyNth;
    const thinned = everyNth * Math.max(1, this.#usual, this.#seen / rowsPerSecond);
    if (thinned === 1 && stride === 1) return { first: 0, stride, weight: 1 };
    const hash = hashOf(requestId);
    if (hash * thinned >= HASH_RANGE) return undefined;
    // Another hash of the same: which rows are taken must not depend on what let the request through.
    return { first: stride === 1 ? 0 : mixed(hash + 1) % stride, stride, weight: thinned * stride };
  }
}
