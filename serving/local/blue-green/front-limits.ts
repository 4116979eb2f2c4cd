/** The tier's own default: what is larger gets the tier's problem from nginx. */
export const MAX_BODY_BYTES = 16 * 1024 ** 2;

/** Silence that long of a colour is a failure. The largest requests take seconds. */
export const READ_TIMEOUT_MS = 10_000;
