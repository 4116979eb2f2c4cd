/** A failure the reader can act on: what is wrong, and one line on what to do. Printed without a stack. */
export class PlatformFailure extends Error {
  constructor(
    message: string,
    readonly remedy?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'PlatformFailure';
  }
}

const diskFull = /ENOSPC|No space left on device|os error 28|database or disk is full/;

/** Says "the disk is full" for what the operating system, SQLite and installers call by other names. */
export function isDiskFull(text: string): boolean {
  return diskFull.test(text);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
