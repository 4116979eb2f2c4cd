/** One thing to keep: JSON on one line, and what it belongs to. */
export interface FeedbackRecord {
  /** Request id: records of one key keep their order where the sink has several lanes. */
  readonly key: string;
  /** JSON without a line break. */
  readonly value: string;
}

/** Where records go. Its user calls `write` again only after the former call has settled. */
export interface RecordSink {
  /**
   * Resolves when all of them are kept, as safely as the sink promises.
   *
   * @returns bytes that were written
   * @throws when they are not, or not all; some of them may be there all the same
   */
  write(records: readonly FeedbackRecord[]): Promise<number>;
  /** Nothing is written any more. */
  close(): Promise<void>;
}
