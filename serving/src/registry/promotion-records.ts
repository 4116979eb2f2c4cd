/**
 * What is written down about a registered model for good: texts by key, of which each is written once. Nobody can
 * change one or take it away, and of two who write the same key at once exactly one succeeds.
 *
 * @throws {RegistryError} from every method
 */
export interface PromotionRecords {
  /** Everything that is written; empty where nothing is. */
  readAll(model: string): Promise<ReadonlyMap<string, string>>;
  /**
   * Writing the same text again is success, so that a call whose answer was lost can be repeated.
   * @param value at most `MAX_RECORD_LENGTH` characters
   * @returns false when the key has another value
   */
  writeOnce(model: string, key: string, value: string): Promise<boolean>;
}

/** A longer value would be cut by MLflow, without a word. */
export const MAX_RECORD_LENGTH = 6_000;
