import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './temporary-directory.js';

/** Programs that are not there: small scripts in their place, which write down how they were called. */
export class StandIns {
  readonly folder = temporaryDirectory();
  readonly #log = join(this.folder, 'calls');

  constructor() {
    mkdirSync(join(this.folder, 'bin'));
  }

  /** To be put before the PATH. */
  get path(): string {
    return join(this.folder, 'bin');
  }

  /** @param script of bash; `$*` is what it is called with. What it reads from standard input is written down too. */
  add(name: string, script = ''): void {
    const file = join(this.path, name);
    // Not by way of the PATH: one of them may be called bash.
    const record = `printf '%s\\n' "${name} $*" >>'${this.#log}'`;
    writeFileSync(file, `#!/bin/bash\n${record}\n${script}\n`);
    chmodSync(file, 0o755);
  }

  /** Every call in its order. */
  get calls(): readonly string[] {
    return existsSync(this.#log) ? readFileSync(this.#log, 'utf8').trim().split('\n') : [];
  }

  forget(): void {
    writeFileSync(this.#log, '');
  }
}
