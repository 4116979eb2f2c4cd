import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { startNode } from '../support/command.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { DAGS_ROOT, SERVING_ROOT, trainingPython } from '../support/training-environment.js';

const MOCHA = join(SERVING_ROOT, 'node_modules/mocha/bin/mocha.js');
const SUMMARY = join(SERVING_ROOT, '../.ci/summary.py');

const TESTS = {
  passing: "it('passes', () => {});",
  skipped: "it.skip('is for later', () => {});",
  // With what XML, colors and replacements can trip over.
  flaky: `let attempts = 0;
    it('passes "only" <then>', () => {
      if (++attempts === 1) throw new Error('\\u001b[31mfor $& and <no> "reason"');
    });`,
  failing: "it('never passes', () => { throw new Error('for a reason'); });",
};

const PYTHON_TESTS = `
import pytest

attempts = []

def test_passes_only_at_the_second_attempt():
    attempts.append(1)
    assert len(attempts) == 2, "for <no> reason"

@pytest.fixture
def server():
    attempts.append(1)
    assert len(attempts) == 4, "did not start"

def test_of_what_starts_only_at_the_second_attempt(server):
    pass

def test_never_passes():
    pytest.fail("for a reason")
`;

interface Summary {
  readonly exitCode: number | null;
  readonly lines: readonly string[];
}

interface Reported {
  readonly exitCode: number | null;
  readonly terminal: string;
  readonly xml: string;
  readonly summary: Summary;
}

/** Of all the reports in a folder. Where a failure lies in the code is left out. */
function summaryOf(folder: string, ...suites: readonly string[]): Summary {
  const { status, stdout } = spawnSync(trainingPython(), [SUMMARY, folder, ...suites], { encoding: 'utf8' });
  return {
    exitCode: status,
    lines: stdout
      .trim()
      .split('\n')
      .filter((line) => !/^ +at /.test(line)),
  };
}

/** What CI would see of these tests. */
async function report(names: readonly (keyof typeof TESTS)[], { retries = 1 } = {}): Promise<Reported> {
  const folder = temporaryDirectory();
  const [tests, configuration, xml] = ['some.test.mjs', 'mocharc.json', 'some.xml'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  writeFileSync(tests, `describe('a suite', () => {\n${names.map((name) => TESTS[name]).join('\n')}\n});\n`);
  writeFileSync(configuration, '{ "import": "tsx" }');
  const { exitCode, stdout } = await startNode(SERVING_ROOT, [
    ...[MOCHA, tests, '--config', configuration, '--retries', String(retries)],
    ...['--reporter', './test/support/recorded-spec.ts', '--reporter-option', `output=${xml}`],
  ]).result;
  return {
    exitCode,
    terminal: stdout,
    xml: readFileSync(xml, 'utf8'),
    summary: summaryOf(folder, 'some'),
  };
}

describe('what CI reports of tests that run again', function () {
  // Each is a process of Mocha that compiles its reporter.
  this.timeout(60_000);

  it('names a test that passes only at the second attempt, with the error of the first', async () => {
    const { exitCode, terminal, xml, summary } = await report(['passing', 'flaky', 'skipped']);
    expect(exitCode).to.equal(0);
    expect(terminal).to.include('failed at first, and runs again: passes "only" <then>');
    expect(terminal).to.include('for $& and <no> "reason"');
    expect(xml.match(/<testcase /g)).to.have.length(3);
    expect(xml).to.include(
      '<flakyFailure message="[31mfor $&amp; and &lt;no&gt; &quot;reason&quot;">Error: ',
    );
    expect(summary).to.deep.equal({
      exitCode: 0,
      lines: [
        'some: 2 passed, 0 failed, 1 skipped',
        'passed at the second attempt: some: a suite passes "only" <then>',
        '2 passed, 0 failed, 1 skipped',
      ],
    });
  });

  it('fails for a test that fails both times, and counts it once', async () => {
    const { exitCode, xml, summary } = await report(['failing', 'passing', 'flaky']);
    expect(exitCode).to.equal(1);
    expect(xml.match(/<testcase /g)).to.have.length(3);
    expect(xml.match(/<failure>/g)).to.have.length(1);
    expect(xml.match(/<flakyFailure /g)).to.have.length(1);
    expect(summary).to.deep.equal({
      exitCode: 1,
      lines: [
        'some: 2 passed, 1 failed',
        'failed: some: a suite never passes',
        '    for a reason',
        '    Error: for a reason',
        'passed at the second attempt: some: a suite passes "only" <then>',
        '2 passed, 1 failed',
      ],
    });
  });

  it('says nothing of it where tests run once', async () => {
    const { exitCode, terminal, summary } = await report(['flaky', 'passing'], { retries: 0 });
    expect(exitCode).to.equal(1);
    expect(terminal).not.to.include('runs again');
    expect(summary).to.deep.equal({
      exitCode: 1,
      lines: [
        'some: 1 passed, 1 failed',
        'failed: some: a suite passes "only" <then>',
        '    for $& and <no> "reason"',
        '    Error: for $& and <no> "reason"',
        '1 passed, 1 failed',
      ],
    });
  });

  it('does the same for what pytest ran again, fixtures too', () => {
    const folder = temporaryDirectory();
    const tests = join(folder, 'test_some.py');
    writeFileSync(tests, PYTHON_TESTS);
    const { status } = spawnSync(
      trainingPython(),
      [
        ...['-m', 'pytest', tests, '--confcutdir', folder, '-p', 'tests.conftest'],
        ...['--reruns', '1', '--junitxml', join(folder, 'some.xml')],
      ],
      { cwd: DAGS_ROOT },
    );
    expect(status).to.equal(1);
    expect(summaryOf(folder)).to.deep.equal({
      exitCode: 1,
      lines: [
        'some: 2 passed, 1 failed',
        'failed: some: test_some test_never_passes',
        '    Failed: for a reason',
        'passed at the second attempt: some: test_some test_passes_only_at_the_second_attempt',
        'passed at the second attempt: some: test_some test_of_what_starts_only_at_the_second_attempt',
        '2 passed, 1 failed',
      ],
    });
  });

  it('says which report is missing', () => {
    const { exitCode, lines } = summaryOf(temporaryDirectory(), 'some');
    expect(exitCode).to.equal(1);
    expect(lines[1]).to.match(/^failed: some\.xml: no readable report: /);
    expect(lines.at(-1)).to.equal('0 passed, 1 failed');
  });
});
