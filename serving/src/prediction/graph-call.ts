import type { OutputColumn } from '../servables/onnx-session.js';
import type { EncodedRows } from '../servables/row-encoder.js';
import type { Servable } from '../servables/servable.js';

/** What a call of the graph answered. */
export interface GraphAnswer {
  readonly columns: readonly OutputColumn[];
  /** What it took. */
  readonly graphMs: number;
}

/** Computes rows and measures how long that takes. The caller holds a handle of the servable. */
export async function callGraph(
  servable: Servable,
  rows: EncodedRows,
  now: () => number = () => performance.now(),
): Promise<GraphAnswer> {
  let started = now();
  // onnxruntime-node computes in an immediate of its own, which comes right after this one: what the event loop
  // does before is not the graph's time.
  setImmediate(() => {
    started = now();
  });
  const columns = await servable.run(rows);
  return { columns, graphMs: now() - started };
}
