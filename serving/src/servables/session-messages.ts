import type { LoadErrorCode } from '../errors.js';
import type { ModelPackage } from '../model-package/manifest.js';
import type { OutputColumn, SessionOptions } from './onnx-session.js';
import type { EncodedRows, GraphInput } from './row-encoder.js';

/** What a session's thread is started with. */
export interface SessionOrder {
  readonly modelPackage: ModelPackage;
  readonly inputs: readonly GraphInput[];
  readonly options: SessionOptions;
}

/** To the thread. */
export type SessionCommand =
  { readonly kind: 'run'; readonly id: number; readonly rows: EncodedRows } | { readonly kind: 'release' };

/** From the thread: first `loaded` or `failed`, then an answer to each run. */
export type SessionMessage =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'failed'; readonly code: LoadErrorCode; readonly message: string }
  | { readonly kind: 'answer'; readonly id: number; readonly columns: readonly OutputColumn[] }
  | { readonly kind: 'error'; readonly id: number; readonly message: string };
