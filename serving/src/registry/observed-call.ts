/** Where a call goes: fixed texts and addresses, nothing of a credential or of what is asked for. */
export interface CallTarget {
  readonly method: string;
  /** Path with its variable parts named, not filled in. */
  readonly route: string;
  readonly host: string;
  readonly port: number;
}

/** One call to the registry that is watched. */
export interface ObservedCall {
  /** Headers to send along, such as `traceparent`. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * The answer was read to its end, or there will be none.
   * @param status undefined: there was no answer
   * @param error kind of the failure
   */
  finish(status: number | undefined, error?: string): void;
}

/** Told of each call to the registry before it is made. Must not throw. */
export interface CallObserver {
  /** @returns undefined for a call that is not watched */
  begin(target: CallTarget): ObservedCall | undefined;
}
