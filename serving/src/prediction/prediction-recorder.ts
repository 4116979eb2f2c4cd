import type { ComputedRows } from '../servables/computed-rows.js';
import type { Servable } from '../servables/servable.js';

/** Keeps what was predicted. On the way of every request: must not throw, and copy what it wants to keep. */
export interface PredictionRecorder {
  /** @param requestId as the reply names it */
  record(servable: Servable, alias: string, requestId: string, computed: ComputedRows): void;
}
