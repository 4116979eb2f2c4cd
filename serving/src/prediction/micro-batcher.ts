import type { OutputColumn } from '../servables/onnx-session.js';
import type { EncodedRows } from '../servables/row-encoder.js';
import type { Servable } from '../servables/servable.js';
import { concatenate, sliceRows } from '../servables/tensors.js';

interface Waiting {
  readonly rows: EncodedRows;
  readonly resolve: (outputs: readonly OutputColumn[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Computes the rows of requests that arrived in one turn of the event loop in one call of the graph.
 *
 * No request waits for company: the batch is whatever the turn brought, so a lone request pays nothing and a
 * crowd shares the cost of a call. A batch that fails is computed again request by request, so that one client's
 * rows can't fail another's.
 */
export class MicroBatcher {
  readonly #maxRows: number;
  readonly #queues = new Map<Servable, Waiting[]>();

  constructor(maxRows: number) {
    this.#maxRows = maxRows;
  }

  /** The caller holds a handle of the servable until this settles. */
  run(servable: Servable, rows: EncodedRows): Promise<readonly OutputColumn[]> {
    if (rows.rows >= this.#maxRows) return servable.run(rows);
    return new Promise((resolve, reject) => {
      let queue = this.#queues.get(servable);
      if (queue === undefined) {
        queue = [];
        this.#queues.set(servable, queue);
        setImmediate(() => {
          this.#flush(servable);
        });
      }
      queue.push({ rows, resolve, reject });
    });
  }

  #flush(servable: Servable): void {
    const queue = this.#queues.get(servable) ?? [];
    this.#queues.delete(servable);
    let batch: Waiting[] = [];
    let size = 0;
    for (const waiting of queue) {
      if (size + waiting.rows.rows > this.#maxRows && batch.length > 0) {
        void runBatch(servable, batch);
        batch = [];
        size = 0;
      }
      batch.push(waiting);
      size += waiting.rows.rows;
    }
    void runBatch(servable, batch);
  }
}

/** Settles every member of the batch; never rejects itself. */
async function runBatch(servable: Servable, batch: readonly Waiting[]): Promise<void> {
  if (batch.length === 1) {
    await runAlone(servable, batch[0]!);
    return;
  }
  let outputs: readonly OutputColumn[];
  try {
    outputs = await servable.run(join(servable, batch));
  } catch {
    for (const waiting of batch) await runAlone(servable, waiting);
    return;
  }
  let from = 0;
  for (const { rows, resolve } of batch) {
    const to = from + rows.rows;
    const start = from;
    resolve(outputs.map((output) => ({ ...output, data: sliceRows(output.data, output.width, start, to) })));
    from = to;
  }
}

async function runAlone(servable: Servable, { rows, resolve, reject }: Waiting): Promise<void> {
  try {
    resolve(await servable.run(rows));
  } catch (error) {
    reject(error);
  }
}

function join(servable: Servable, batch: readonly Waiting[]): EncodedRows {
  const inputs = servable.encoder.inputs.map(({ type }, i) =>
    concatenate(
      type,
      batch.map(({ rows }) => rows.inputs[i]!),
    ),
  );
  return { rows: batch.reduce((sum, { rows }) => sum + rows.rows, 0), inputs };
}
