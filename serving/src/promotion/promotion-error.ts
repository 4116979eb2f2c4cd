/**
 * `refused`: the version may not become champion.
 * `conflict`: champion is not the version that the caller expected.
 * `fleet-disagrees`: champion has moved, but not every replica serves it.
 * `not-registered`: there is no such model version.
 */
export type PromotionErrorKind = 'refused' | 'conflict' | 'fleet-disagrees' | 'not-registered';

/** Why champion is not, or not everywhere, what was asked for: one sentence. */
export class PromotionError extends Error {
  override readonly name = 'PromotionError';
  /** What the sentence is made of, for programs. */
  readonly evidence: Readonly<Record<string, unknown>>;

  constructor(
    readonly kind: PromotionErrorKind,
    detail: string,
    options?: ErrorOptions & { readonly evidence?: Readonly<Record<string, unknown>> },
  ) {
    super(detail, options);
    this.evidence = options?.evidence ?? {};
  }
}
