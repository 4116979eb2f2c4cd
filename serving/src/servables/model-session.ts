import type { ModelPackage } from '../model-package/manifest.js';
import { OnnxSession, type OutputColumn, type SessionOptions } from './onnx-session.js';
import type { EncodedRows, GraphInput } from './row-encoder.js';
import { ThreadedSession } from './threaded-session.js';

/** A graph in memory, wherever it computes. */
export interface ModelSession {
  /** @returns one column an output, in the order of the manifest */
  run(rows: EncodedRows): Promise<readonly OutputColumn[]>;
  /** Frees the memory of the graph. Nothing may run in it any more. */
  release(): Promise<void>;
}

export interface PlacementOptions extends SessionOptions {
  /** Packages of more bytes than this are loaded and computed on a thread of their own. */
  readonly inlineModelBytes: number;
}

/**
 * Loads a graph where it disturbs least: a small one on the event loop, where a call costs the fewest microseconds;
 * a large one on its own thread, because onnxruntime-node loads on the thread that calls it, and hundreds of
 * megabytes would hold up every request for as long as that takes.
 *
 * @throws {LoadError} GRAPH_LOAD_FAILED or CONTRACT_VIOLATION
 */
export function loadSession(
  modelPackage: ModelPackage,
  inputs: readonly GraphInput[],
  options: PlacementOptions,
): Promise<ModelSession> {
  const bytes = modelPackage.manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  return bytes > options.inlineModelBytes
    ? ThreadedSession.load(modelPackage, inputs, options)
    : OnnxSession.load(modelPackage, inputs, options);
}
