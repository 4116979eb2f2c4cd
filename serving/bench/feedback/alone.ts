import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { PredictionLog } from '../../src/feedback/prediction-log.js';
import { SegmentFolder } from '../../src/feedback/segment-folder.js';
import type { ModelPackage } from '../../src/model-package/manifest.js';
import { DriftMonitor } from '../../src/quality/drift-monitor.js';
import type { OutputColumn } from '../../src/servables/onnx-session.js';
import { RowEncoder } from '../../src/servables/row-encoder.js';
import type { Servable } from '../../src/servables/servable.js';
import { allocate } from '../../src/servables/tensors.js';
import { costOf, nextTurn } from '../load/cost-of-a-call.js';
import type { Row } from '../peers/ways.js';

/** What a row costs by itself, with no server around it. */
export interface AloneCost {
  readonly what: string;
  /** CPU of the process and its threads for a request of one row, in microseconds. */
  readonly cpuUs: number;
}

const UNLIMITED = 1_000_000_000;
/** More than waits in a server that keeps up; nothing may be dropped here. */
const WAITING_BYTES = 256 * 1024;

/** Measures drift and log on rows of the data set, one a request. */
export async function costsAlone(
  { digest, manifest }: ModelPackage,
  rows: readonly Row[],
  calls: number,
): Promise<readonly AloneCost[]> {
  const encoder = new RowEncoder(manifest);
  const { inputs } = encoder.encode(rows);
  const columns = manifest.outputs.map(({ name, type, shape }): OutputColumn => {
    const width = shape[0] ?? 1;
    const data = allocate(type, rows.length * width);
    // As many digits as scores have.
    if (type === 'float32') for (let i = 0; i < data.length; i += 1) data[i] = Math.random();
    return { name, type, width, isScalar: shape.length === 0, data };
  });
  const id = { modelName: manifest.model_name, version: '1', digest };
  const servable = { id, manifest, encoder } as unknown as Servable;
  const computed = rows.map((_, row) => ({ inputs, inputRow: row, columns, outputRow: row, rows: 1 }));
  const requestIds = rows.map((_, row) => `01234567-89ab-cdef-0123-${String(row).padStart(12, '0')}`);

  const directory = await mkdtemp(join(tmpdir(), 'feedback-alone-'));
  const logged = async (rowsPerSecond: number): Promise<number> => {
    const folder = new SegmentFolder({
      directory,
      prefix: 'predictions',
      segmentBytes: 64 * 1024 ** 2,
      segmentAgeMs: 3_600_000,
      maxBytes: 256 * 1024 ** 2,
      whenFull: 'delete-oldest',
      durable: false,
    });
    const options = {
      sampleRate: 1,
      rowsPerSecond,
      rowsPerRequest: 100,
      redacted: [],
      queueBytes: 16 * 1024 ** 2,
    };
    const counts = {
      rows: (result: string) => {
        if (result !== 'written' && result !== 'not_sampled') throw new Error(`A row is ${result}`);
      },
      written: () => undefined,
    };
    const log = new PredictionLog(folder, options, counts, pino({ level: 'silent' }));
    const cost = await costOf(
      calls,
      (i) => {
        const row = i % rows.length;
        log.record(servable, 'champion', requestIds[row]!, computed[row]!);
      },
      async () => {
        await nextTurn();
        while (log.queuedBytes > WAITING_BYTES) await pause(1);
      },
    );
    await log.close();
    return cost;
  };
  const drift = (rowsPerSecond: number): Promise<number> => {
    const monitor = new DriftMonitor({
      rowsPerSecond,
      windowMs: 3_600_000,
      minRows: 500,
      thresholds: { upper: 0.25, lower: 0.1 },
      maxFeatures: 200,
    });
    const { inputs: ports } = encoder;
    const views = rows.map((_, row) => ({
      rows: 1,
      inputs: inputs.map((data, i) => data.slice(row * ports[i]!.width, (row + 1) * ports[i]!.width)),
    }));
    return costOf(
      calls,
      (i) => {
        monitor.observe(servable, views[i % views.length]!, columns);
      },
      nextTurn,
    );
  };
  try {
    return [
      {
        what: 'a row that is logged: copied, written as JSON, appended to a file',
        cpuUs: await logged(UNLIMITED),
      },
      { what: 'a row beyond the budget of the log', cpuUs: await logged(1) },
      { what: 'a row that drift counts', cpuUs: await drift(UNLIMITED) },
      { what: 'a row beyond the budget of drift', cpuUs: await drift(1) },
    ];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
