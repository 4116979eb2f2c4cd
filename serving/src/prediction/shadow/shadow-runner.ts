import type { Servable } from '../../servables/servable.js';
import type { TimedOutputRows } from '../micro-batcher.js';
import type { InferenceRequest, PredictionOrder } from '../prediction-service.js';

/** A request that the champion has computed, and that a version which answers nobody may compute too. */
export interface ShadowOffer {
  /**
   * The version in the role `shadow`, available at the moment of the offer and not held: who wants to use it later
   * acquires it at once.
   */
  readonly shadow: Servable;
  readonly champion: Servable;
  /** Under which the champion is served. */
  readonly alias: string;
  readonly order: PredictionOrder;
  /**
   * undefined: the request was so large that its rows were encoded on another thread, and they can't be encoded
   * again. What it refers to may be views of the request's body, which stays in memory for as long as it is kept.
   */
  readonly request: InferenceRequest | undefined;
  /** The champion's answer. Others' rows are beside it, and the client's answer is still to be written from it. */
  readonly outputs: TimedOutputRows;
}

/**
 * Has a shadow compute what the champion has answered, after the answer.
 *
 * Called for each request that the policy gives to the shadow as well, in the turn in which the champion's answer is
 * there and before it is sent: must not throw, and return at once.
 */
export interface ShadowRunner {
  offer(offer: ShadowOffer): void;
}
