import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { expect } from 'chai';
import { ALERT_FILES, RULE_FILES, TEST_FILES } from './support/rule-files.js';

const FOLDERS = [process.env['MONITORING_TOOLS_DIR'] ?? '', ...(process.env['PATH'] ?? '').split(delimiter)];
const PROMTOOL = FOLDERS.filter((folder) => folder !== '')
  .map((folder) => join(folder, 'promtool'))
  .find((path) => existsSync(path));

interface Answer {
  readonly succeeded: boolean;
  readonly said: string;
}

function promtool(...args: string[]): Promise<Answer> {
  return new Promise((resolve) => {
    execFile(PROMTOOL!, args, { encoding: 'utf8' }, (error, stdout, stderr) => {
      resolve({ succeeded: error === null, said: `${stdout}\n${stderr}` });
    });
  });
}

describe('promtool', () => {
  /** All at once: one file takes seconds, and a core each. */
  let answers: ReadonlyMap<string, Promise<Answer>>;

  before(function () {
    if (PROMTOOL === undefined) {
      console.log('    promtool is not in MONITORING_TOOLS_DIR or on the PATH');
      this.skip();
    }
    answers = new Map(TEST_FILES.map((file) => [file, promtool('test', 'rules', file)]));
  });

  it('finds nothing to say about rules and alerts', async () => {
    const { succeeded, said } = await promtool(
      'check',
      'rules',
      '--lint=all',
      '--lint-fatal',
      ...RULE_FILES,
      ...ALERT_FILES,
    );
    expect(succeeded, said).to.equal(true);
  });

  for (const file of TEST_FILES) {
    it(`sees the rules do what ${basename(file)} says`, async () => {
      const { succeeded, said } = await answers.get(file)!;
      expect(succeeded, said).to.equal(true);
    });
  }
});
