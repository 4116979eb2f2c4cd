import type { ElementType } from '../model-package/manifest.js';

/** A graph input as a client sends it: a tensor, not yet checked against any signature. */
export interface RawTensor {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Row by row. Elements are JSON values, or what a typed array yields. */
  readonly data: ArrayLike<unknown>;
  /** JSON pointer of the tensor in the request, for error messages. */
  readonly path: string;
}
