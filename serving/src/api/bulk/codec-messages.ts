import type { RequestErrorCode, FieldError } from '../../errors.js';
import type { Manifest } from '../../model-package/manifest.js';
import type { Prediction } from '../../prediction/prediction-service.js';
import type { EncodedRows } from '../../servables/row-encoder.js';
import type { RequestHead } from '../protocols/protocol.js';

/** How rows are to be laid out; known to the thread by its key from then on. */
export interface Signature {
  readonly key: string;
  readonly manifest: Manifest;
  readonly unknownFeatures: 'refuse' | 'ignore';
}

/** To the codec's thread. `read`, `encode` and `write` are answered, under their id. */
export type CodecCommand =
  | { readonly kind: 'signature'; readonly signature: Signature }
  | {
      readonly kind: 'read';
      readonly id: number;
      readonly route: string;
      readonly head: RequestHead;
      readonly body: ArrayBuffer;
      readonly signatureKey: string;
      readonly maxRows: number;
    }
  /** The rows of a `read`, laid out for another servable. */
  | { readonly kind: 'encode'; readonly id: number; readonly signatureKey: string }
  | {
      readonly kind: 'write';
      readonly id: number;
      readonly prediction: Prediction;
      readonly requestId: string;
    }
  /** What `read` has kept is not needed any more. */
  | { readonly kind: 'forget'; readonly id: number };

/** The text of a reply as bytes. */
export interface WrittenReply {
  readonly contentType: string;
  readonly body: ArrayBuffer;
  readonly headers: Readonly<Record<string, string>> | undefined;
}

/** From the codec's thread. */
export type CodecMessage =
  | { readonly kind: 'rows'; readonly id: number; readonly rows: EncodedRows }
  | { readonly kind: 'reply'; readonly id: number; readonly reply: WrittenReply }
  | {
      readonly kind: 'refused';
      readonly id: number;
      readonly code: RequestErrorCode;
      readonly detail: string;
      readonly errors: readonly FieldError[];
      /** For the log: what was not meant for clients. */
      readonly cause: string | undefined;
    };
