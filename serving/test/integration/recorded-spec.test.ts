import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { DAGS_ROOT, SERVING_ROOT, trainingPython } from '../support/training-environment.js';

const MOCHA = join(SERVING_ROOT, 'test/support/mocha.sh');
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
  // The second attempt is another process.
  serverThatStartsLate: `describe('of (what) starts', () => {
    before(() => {
      if (existsSync(process.env.STARTED)) return;
      writeFileSync(process.env.STARTED, '');
      throw new Error('did not start');
    });
    it('answers', () => {});
    it.skip('answers more', () => {});
  });`,
  serverThatNeverStarts: `describe('of what does not start', () => {
    before(() => { throw new Error('did not start'); });
    it('answers', () => {});
  });`,
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
function report(names: readonly (keyof typeof TESTS)[], { retries = ['--retries', '1'] } = {}): Reported {
  const folder = temporaryDirectory();
  const [tests, configuration, xml] = ['some.test.mjs', 'mocharc.json', 'some.xml'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  writeFileSync(
    tests,
    `import { existsSync, writeFileSync } from 'node:fs';
    describe('a suite', () => {\n${names.map((name) => TESTS[name]).join('\n')}\n});\n`,
  );
  writeFileSync(configuration, JSON.stringify({ import: 'tsx', spec: [tests] }));
  const { status, stdout } = spawnSync(MOCHA, [xml, ...retries, '--config', configuration], {
    cwd: SERVING_ROOT,
    env: { PATH: process.env['PATH'], STARTED: join(folder, 'started') },
    encoding: 'utf8',
  });
  return { exitCode: status, terminal: stdout, xml: readFileSync(xml, 'utf8'), summary: summaryOf(folder) };
}

describe('what CI reports of tests that run again', function () {
  // Each is a process of Mocha that compiles its reporter.
  this.timeout(60_000);

  it('names a test that passes only at the second attempt, with the error of the first', () => {
    const { exitCode, terminal, xml, summary } = report(['passing', 'flaky', 'skipped']);
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

  it('fails for a test that fails both times, and counts it once', () => {
    const { exitCode, xml, summary } = report(['failing', 'passing', 'flaky']);
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

  it('says nothing of it where tests run once', () => {
    const { exitCode, terminal, summary } = report(['flaky', 'passing'], { retries: [] });
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

  it('runs suites again of which only hooks failed, in a process of their own', () => {
    const { exitCode, xml, terminal, summary } = report(['passing', 'serverThatStartsLate']);
    expect(exitCode).to.equal(0);
    expect(xml).to.include('did not start');
    expect(terminal.match(/passes/g), 'the suite around it, once').to.have.length(1);
    expect(summary).to.deep.equal({
      exitCode: 0,
      lines: [
        'some: 2 passed, 0 failed, 1 skipped',
        'passed at the second attempt: some: a suite of (what) starts "before all" hook for "answers"',
        '2 passed, 0 failed, 1 skipped',
      ],
    });
  });

  it('fails for a hook that fails both times', () => {
    const { exitCode, summary } = report(['passing', 'serverThatStartsLate', 'serverThatNeverStarts']);
    expect(exitCode).to.equal(1);
    expect(summary).to.deep.equal({
      exitCode: 1,
      lines: [
        'some: 2 passed, 1 failed, 1 skipped',
        'failed: some.again: a suite of what does not start "before all" hook for "answers"',
        '    did not start',
        '    Error: did not start',
        '2 passed, 1 failed, 1 skipped',
      ],
    });
  });

  it('does not begin again where a test has failed both times, or where nothing runs twice', () => {
    for (const reported of [
      report(['failing', 'serverThatStartsLate']),
      report(['serverThatStartsLate'], { retries: [] }),
      report(['serverThatStartsLate'], { retries: ['--retries', '1', '--bail'] }),
    ]) {
      expect(reported.exitCode).to.be.greaterThan(0);
      expect(reported.terminal).not.to.include('They run once more');
    }
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
    expect(lines[1]).to.match(/^failed: some: no readable report: /);
    expect(lines.at(-1)).to.equal('0 passed, 1 failed');
  });
});
