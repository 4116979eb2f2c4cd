import { writeFileSync, writeSync } from 'node:fs';
import Mocha, { type Hook, type MochaOptions, type Runner, type Suite, type Test } from 'mocha';

/** For connections to close and children to end. */
const GRACE_MS = 180_000;

interface ReporterOptions {
  /** Of the report. */
  readonly output: string;
  /** Of the pattern by which `--grep` finds the suites that hold failures. The file is written if there are any. */
  readonly failed?: string;
}

/** Readable on the terminal, JUnit in the file that the option `output` names. */
// eslint-disable-next-line import-x/no-default-export -- Mocha takes a reporter by its default export.
export default class RecordedSpec extends Mocha.reporters.Spec {
  private readonly record: Mocha.reporters.XUnit;
  private readonly reporterOptions: ReporterOptions;
  private readonly failed: (Test | Hook)[] = [];

  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    this.record = new Mocha.reporters.XUnit(runner, options);
    this.reporterOptions = options.reporterOptions as ReporterOptions;
    runner.on(Mocha.Runner.constants.EVENT_TEST_FAIL, (test) => this.failed.push(test));
  }

  /** XUnit closes its file here. */
  override done(failures: number, finished: (failures: number) => void): void {
    this.record.done(failures, (failed) => {
      this.nameFailedSuites();
      setTimeout(endWhatDoesNot, GRACE_MS).unref();
      finished(failed);
    });
  }

  private nameFailedSuites(): void {
    if (this.reporterOptions.failed === undefined || this.failed.length === 0) return;
    const suites = this.failed.map(outermostSuite);
    // Tests that build on each other can't be begun in their middle, and what failed outside of all may concern any.
    const all = this.runner.suite.bail() || suites.some((suite) => suite === undefined);
    const titles = new Set(suites.map((suite) => escapeRegExp(suite?.title ?? '')));
    writeFileSync(this.reporterOptions.failed, all ? '' : `^(${[...titles].join('|')}) `);
  }
}

function outermostSuite({ parent }: Test | Hook): Suite | undefined {
  let suite = parent;
  while (suite?.parent?.root === false) suite = suite.parent;
  return suite?.root === false ? suite : undefined;
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
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
