/** What became of a prediction, as somebody found out later. */
export interface Outcome {
  /** Of the reply that carried the prediction. */
  readonly requestId: string;
  /** Position in its request, from 0. */
  readonly row: number;
  readonly label: 0 | 1;
  /** When it became known. */
  readonly observedAt: Date;
}

/** Enough of an outcome to know it again: a correction is another one. */
export function outcomeKey({ requestId, row, label, observedAt }: Outcome): string {
  return `${requestId} ${row} ${label} ${observedAt.getTime()}`;
}

/** As it is kept, on one line. */
export function outcomeLine({ requestId, row, label, observedAt }: Outcome, receivedAt: Date): string {
  return JSON.stringify({
    received_at: receivedAt.toISOString(),
    request_id: requestId,
    row,
    label,
    observed_at: observedAt.toISOString(),
  });
}
