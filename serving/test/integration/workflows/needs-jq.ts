import { spawnSync } from 'node:child_process';

/** To be called in `describe`: scripts of workflows read JSON with jq, which not every machine has. */
export function needsJq(): void {
  before(function () {
    if (spawnSync('jq', ['--version']).status !== 0) this.skip();
  });
}
