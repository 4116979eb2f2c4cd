import { invocationsProtocol } from './invocations.js';
import { openInferenceProtocol } from './open-inference.js';
import { predictProtocol } from './predict.js';
import type { Protocol } from './protocol.js';
import { v1Protocol } from './v1.js';

/** All ways of asking over HTTP, in the order in which a path is held against them. */
export const PROTOCOLS: readonly Protocol[] = [
  predictProtocol,
  openInferenceProtocol,
  v1Protocol,
  invocationsProtocol,
];
