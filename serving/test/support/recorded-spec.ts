import { writeFileSync, writeSync } from 'node:fs';
import Mocha, { type Hook, type MochaOptions, type Runner, type Test } from 'mocha';

const { EVENT_TEST_FAIL, EVENT_TEST_PASS, EVENT_TEST_RETRY } = Mocha.Runner.constants;

/** For connections to close and children to end. */
const GRACE_MS = 180_000;

/** Readable on the terminal, JUnit in the file that the option `output` names. */
// eslint-disable-next-line import-x/no-default-export -- Mocha takes a reporter by its default export.
export default class RecordedSpec extends Mocha.reporters.Spec {
  private readonly record: RetriesInRecord;
  private readonly output: string;
  private readonly failed: (Test | Hook)[] = [];

  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    this.record = new RetriesInRecord(runner, options);
    this.output = (options.reporterOptions as { readonly output: string }).output;
    runner.on(EVENT_TEST_FAIL, (test) => this.failed.push(test));
    runner.on(EVENT_TEST_RETRY, (test: Test, error: Error) => {
      Mocha.reporters.Base.consoleLog('    failed at first, and runs again: %s', test.title);
      Mocha.reporters.Base.list([Object.assign(test, { err: error })]);
    });
  }

  /** XUnit closes its file here. */
  override done(failures: number, finished: (failures: number) => void): void {
    this.record.done(failures, (failed) => {
      this.nameSuitesToRunAgain();
      setTimeout(endWhatDoesNot, GRACE_MS).unref();
      finished(failed);
    });
  }

  /** For `mocha.sh`. Tests that build on each other (`bail`) can't be begun in their middle. */
  private nameSuitesToRunAgain(): void {
    const { suite } = this.runner;
    if (!(suite.retries() > 0) || suite.bail()) return;
    if (this.failed.length === 0 || this.failed.some(({ type }) => type !== 'hook')) return;
    const titles = this.failed.map(({ parent }) => escapeRegExp(parent!.fullTitle()));
    writeFileSync(this.output.replace(/\.xml$/, '.again'), `^(${titles.join('|')}) `);
  }
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

/**
 * A test that passes only at the second attempt is one case that passed, and a `flakyFailure` in it as Maven's
 * Surefire writes one, so that `.ci/summary.py`, and whoever else reads such reports, can say so.
 */
class RetriesInRecord extends Mocha.reporters.XUnit {
  private readonly firstErrors = new WeakMap<Test, Error>();
  private firstError: Error | undefined;

  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    // What follows a retry is the end of the same test, or of the hook in between that failed.
    runner.on(EVENT_TEST_RETRY, (_test, error: Error) => {
      this.firstError = error;
    });
    runner.on(EVENT_TEST_PASS, (test) => {
      if (this.firstError !== undefined) this.firstErrors.set(test, this.firstError);
      this.firstError = undefined;
    });
    runner.on(EVENT_TEST_FAIL, () => {
      this.firstError = undefined;
    });
  }

  override test(test: Test, options?: MochaOptions): void {
    this.firstError = this.firstErrors.get(test);
    // @ts-expect-error -- The second parameter is missing in Mocha's types; without it there are no paths of files.
    super.test(test, options);
    this.firstError = undefined;
  }

  override write(line: string): void {
    const error = this.firstError;
    super.write(
      error === undefined ? line : line.replace(/\/>$/, () => `>${flakyFailure(error)}</testcase>`),
    );
  }
}

function flakyFailure(error: Error): string {
  return `<flakyFailure message="${escapeXml(error.message)}">${escapeXml(error.stack ?? '')}</flakyFailure>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML has no way to write most control characters, such as those that color a terminal. */
function escapeXml(text: string): string {
  // eslint-disable-next-line no-control-regex -- They are what is looked for.
  const writable = text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '');
  return writable.replaceAll(/[&<>"]/g, (character) => ENTITIES[character]!);
}

/** What a test leaves running would keep this process, and CI with it, waiting for ever. It is a failure of its own. */
function endWhatDoesNot(): void {
  const left = process.getActiveResourcesInfo().filter((resource) => !resource.startsWith('Pipe'));
  writeSync(2, `All tests are over, but something that one of them started is not: ${left.join(', ')}\n`);
  // After mocha's own listener, which says how many tests failed.
  process.on('exit', (code) => {
    process.exitCode = Math.max(1, code);
  });
  process.exit();
}
