import type { Prediction, PredictionOrder } from '../../prediction/prediction-service.js';
import type { Protocol, Reply, RequestHead } from '../protocols/protocol.js';

/** What the client sent, and how its answer is called. */
export interface BulkRequest {
  readonly protocol: Protocol;
  readonly head: RequestHead;
  readonly body: Buffer;
  readonly requestId: string;
}

/** Reads large bodies and writes their answers where that blocks nobody. */
export interface BulkCodec {
  /** Bodies of more bytes than this are its business. */
  readonly threshold: number;
  /** @throws {RequestError} what protocol and service throw; OVERLOADED when too many bodies wait to be read */
  predict(
    order: PredictionOrder,
    request: BulkRequest,
  ): Promise<{ readonly prediction: Prediction; readonly reply: Reply }>;
}
