import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { DAGS_ROOT, SERVING_ROOT, trainingPython } from '../support/training-environment.js';

const MOCHA = join(SERVING_ROOT, 'test/support/mocha.sh');
const SUMMARY = join(SERVING_ROOT, '../.ci/summary.py');

const TESTS = {
  passing: "it('passes', () => {});",
  skipped: "it.skip('is for later', () => {});",
  failing: "it('never passes', () => { throw new Error('for a reason'); });",
  // The second attempt is another process.
  late: `it('passes "only" <then>', () => {
    if (isFirst('late')) throw new Error('\\u001b[31mfor $& and <no> "reason"');
  });`,
  lateServer: `describe('of (what) starts', () => {
    before(() => {
      if (isFirst('server')) throw new Error('did not start');
    });
    it('answers', () => {});
    it.skip('answers more', () => {});
  });`,
  // Between two tests, as a connection does that nobody listens to any more.
  uncaught: `it('is done before it fails', (done) => {
    if (isFirst('uncaught')) process.nextTick(() => { throw new Error('read ECONNRESET'); });
    else done();
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

/** What CI would see of two suites: one of these tests, one that passes. */
function report(
  names: readonly (keyof typeof TESTS)[],
  { args = [] as readonly string[], attempts = ['--second-attempt'] as readonly string[] } = {},
): Reported {
  const folder = temporaryDirectory();
  const [tests, configuration, xml] = ['some.test.mjs', 'mocharc.json', 'some.xml'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  writeFileSync(
    tests,
    `import { existsSync, writeFileSync } from 'node:fs';
    function isFirst(name) {
      const file = ${JSON.stringify(folder)} + '/' + name;
      const isIt = !existsSync(file);
      writeFileSync(file, '');
      return isIt;
    }
    describe('another suite', () => { it('is of no concern', () => {}); });
    describe('a suite [1]', () => {\n${names.map((name) => TESTS[name]).join('\n')}\n});\n`,
  );
  writeFileSync(configuration, JSON.stringify({ import: 'tsx', spec: [tests] }));
  const { status, stdout } = spawnSync(MOCHA, [xml, ...attempts, '--config', configuration, ...args], {
    cwd: SERVING_ROOT,
    env: { PATH: process.env['PATH'] },
    encoding: 'utf8',
  });
  return { exitCode: status, terminal: stdout, summary: summaryOf(folder) };
}

describe('what CI reports of tests that run again', function () {
  // Each is two processes of Mocha that compile their reporter.
  this.timeout(60_000);

  it('names what passes only at the second attempt: tests, servers, what fails beside a test', () => {
    const { exitCode, terminal, summary } = report(['passing', 'late', 'skipped', 'uncaught', 'lateServer']);
    expect(exitCode).to.equal(0);
    expect(terminal, 'why it failed at first').to.include('for $& and <no> "reason"');
    expect(terminal.match(/is of no concern/g), 'the other suite, once').to.have.length(1);
    expect(summary).to.deep.equal({
      exitCode: 0,
      lines: [
        'some: 5 passed, 0 failed, 2 skipped',
        'passed at the second attempt: some: a suite [1] passes "only" <then>',
        'passed at the second attempt: some: a suite [1] is done before it fails',
        'passed at the second attempt: some: a suite [1] of (what) starts "before all" hook for "answers"',
        '5 passed, 0 failed, 2 skipped',
      ],
    });
  });

  it('fails for what fails both times, and counts it once', () => {
    const { exitCode, summary } = report(['failing', 'passing', 'late', 'serverThatNeverStarts']);
    expect(exitCode).to.be.greaterThan(0);
    expect(summary).to.deep.equal({
      exitCode: 1,
      lines: [
        'some: 3 passed, 2 failed',
        'failed: some: a suite [1] never passes',
        '    for a reason',
        '    Error: for a reason',
        'failed: some: a suite [1] of what does not start "before all" hook for "answers"',
        '    did not start',
        '    Error: did not start',
        'passed at the second attempt: some: a suite [1] passes "only" <then>',
        '3 passed, 2 failed',
      ],
    });
  });

  it('begins all again where tests build on each other', () => {
    const { exitCode, terminal, summary } = report(['late', 'passing'], { args: ['--bail'] });
    expect(exitCode).to.equal(0);
    expect(terminal.match(/is of no concern/g)).to.have.length(2);
    expect(summary.lines.at(-1)).to.equal('3 passed, 0 failed');
  });

  it('says nothing of it where tests run once', () => {
    const { exitCode, terminal, summary } = report(['late', 'passing'], { attempts: [] });
    expect(exitCode).to.equal(1);
    expect(terminal).not.to.include('once more');
    expect(summary).to.deep.equal({
      exitCode: 1,
      lines: [
        'some: 2 passed, 1 failed',
        'failed: some: a suite [1] passes "only" <then>',
        '    for $& and <no> "reason"',
        '    Error: for $& and <no> "reason"',
        '2 passed, 1 failed',
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
    expect(lines[1]).to.match(/^failed: some: no readable report: /);
    expect(lines.at(-1)).to.equal('0 passed, 1 failed');
  });
});
