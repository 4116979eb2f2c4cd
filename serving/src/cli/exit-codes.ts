/** What the exit status of a command means. Scripts and the retraining DAG rely on these. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  conflict: 4,
  registryUnreachable: 5,
  fleetDisagrees: 6,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with a status and one sentence. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    readonly exitCode: ExitCode,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(detail, options);
  }
}
