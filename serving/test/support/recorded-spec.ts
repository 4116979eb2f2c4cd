import Mocha, { type MochaOptions, type Runner } from 'mocha';

/** Readable on the terminal, JUnit in the file that the option `output` names. */
// eslint-disable-next-line import-x/no-default-export -- Mocha takes a reporter by its default export.
export default class RecordedSpec extends Mocha.reporters.Spec {
  private readonly record: Mocha.reporters.XUnit;

  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    this.record = new Mocha.reporters.XUnit(runner, options);
  }

  /** XUnit closes its file here. */
  override done(failures: number, finished: (failures: number) => void): void {
    this.record.done(failures, finished);
  }
}
