/** What the exit status of a command means. Scripts and the retraining DAG rely on these. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  conflict: 4,
  registryUnreachable: 5,
  fleetDisagrees: 6,
  registryDenied: 7,
  notRegistered: 8,
  rolloutGoesOn: 10,
  rolloutAborted: 11,
  rolledBack: 12,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
/** A command that ends with one of these has failed; one that ends with any other has done what it is for. */
export type FailureExitCode = Exclude<
  ExitCode,
  typeof EXIT.ok | typeof EXIT.rolloutGoesOn | typeof EXIT.rolloutAborted | typeof EXIT.rolledBack
>;

/** What `code` says in the JSON of a command that did not end well, where no code of docs/errors.md says more. */
export const FAILURE_CODES: Readonly<Record<FailureExitCode, string>> = {
  [EXIT.failed]: 'FAILED',
  [EXIT.usage]: 'USAGE',
  [EXIT.refused]: 'REFUSED',
  [EXIT.conflict]: 'CHAMPION_MOVED',
  [EXIT.registryUnreachable]: 'REGISTRY_UNREACHABLE',
  [EXIT.fleetDisagrees]: 'FLEET_DISAGREES',
  [EXIT.registryDenied]: 'REGISTRY_DENIED',
  [EXIT.notRegistered]: 'NOT_REGISTERED',
};

/** Ends a command with a status and one sentence. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    readonly exitCode: FailureExitCode,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(detail, options);
  }
}
