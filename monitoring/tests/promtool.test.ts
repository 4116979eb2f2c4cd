import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { expect } from 'chai';
import { ALERT_FILES, RULE_FILES, TEST_FILES } from './support/rule-files.js';

const FOLDERS = [process.env['MONITORING_TOOLS_DIR'] ?? '', ...(process.env['PATH'] ?? '').split(delimiter)];
const PROMTOOL = FOLDERS.filter((folder) => folder !== '')
  .map((folder) => join(folder, 'promtool'))
  .find((path) => existsSync(path));

function promtool(...args: string[]): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(PROMTOOL!, args, { encoding: 'utf8' });
  return { status, said: `${stdout}\n${stderr}` };
}

describe('promtool', () => {
  before(function () {
    if (PROMTOOL === undefined) {
      console.log('    promtool is not in MONITORING_TOOLS_DIR or on the PATH');
      this.skip();
    }
  });

  it('finds nothing to say about rules and alerts', () => {
    const { status, said } = promtool(
      'check',
      'rules',
      '--lint=all',
      '--lint-fatal',
      ...RULE_FILES,
      ...ALERT_FILES,
    );
    expect(status, said).to.equal(0);
  });

  for (const file of TEST_FILES) {
    it(`sees the rules do what ${basename(file)} says`, () => {
      const { status, said } = promtool('test', 'rules', file);
      expect(status, said).to.equal(0);
    });
  }
});
