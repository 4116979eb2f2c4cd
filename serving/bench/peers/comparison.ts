import type { Measurement } from './measure.js';
import type { ContenderName } from './contenders.js';
import type { Series } from './series.js';

/** All rounds of one series. */
export interface Line {
  readonly server: ContenderName;
  readonly title: string;
  readonly form: Series['form'];
  readonly requestBytes: number;
  readonly rounds: readonly Measurement[];
}

/** One stretch with and one without swaps, in turn. */
export interface Swaps {
  readonly swaps: number;
  readonly requests: number;
  readonly steadyP99Ms: readonly number[];
  readonly swappingP99Ms: readonly number[];
}

/** Everything that one run has measured. */
export interface Comparison {
  readonly oneRow: readonly Line[];
  readonly oneRowGrpc: readonly Line[];
  readonly batch: readonly Line[];
  readonly swaps: Swaps;
}
