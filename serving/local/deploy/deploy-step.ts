/** A program with its arguments, as somebody could type it. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** What it reads: what another one prints. Secrets go this way, and are neither shown nor kept. */
  readonly input?: Command;
  /** Over the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** What its output has to be; says what is wrong with it. */
  readonly check?: (output: string) => string | undefined;
  readonly timeoutMinutes?: number;
  /** Whether whoever deploys reads what it prints while it runs. */
  readonly isShown?: boolean;
}

/** One thing that a deployment does, in one line, with what to do where it fails. */
export interface Step {
  /** What is done, as it is said while it is done. */
  readonly what: string;
  readonly commands: readonly Command[];
  /** What to correct where it fails. */
  readonly remedy: string;
  /** Files that are gone when the step is over, however it ends. */
  readonly secretFiles?: readonly string[];
  /** Whether the news of pods are told meanwhile. */
  readonly isRollout?: boolean;
  /** Of the acceptance: where the tier is, which is known only when it is there. */
  readonly throughGateway?: boolean;
}
