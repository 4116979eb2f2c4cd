import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { PlatformFailure } from '../failure.js';
import { inheritedEnvironment } from '../service.js';
import type { Settings } from '../settings.js';

const run = promisify(execFile);

const applicantSchema = z.object({
  features: z.record(z.string(), z.number()),
  label: z.union([z.literal(0), z.literal(1)]),
});

/** Who asks for credit, and what will become of it. */
export type Applicant = z.infer<typeof applicantSchema>;

/** Same clients as those of the first model, or others. */
export type Population = 'calm' | 'shifted';

const fullShift: Record<Population, number> = { calm: 0, shifted: 1 };

/** Enough for every slice to be judged. */
const warehouseRows = 20_000;
/** Days ago on which, by the warehouse's dates, the population changed: a tenth of its rows are from before. */
const shiftedSinceDays = 138;
/** Of the first extract: what the bank knew then is recent enough to be trained on, and older than the change. */
const firstExtractDaysAgo = 120;

/** The bank of the play: dags/retraining/simulated_bank.py, which draws the rows. */
export class SimulatedBank {
  constructor(
    private readonly settings: Pick<Settings, 'projectDir' | 'trainingPython'>,
    /** A Parquet file; its name says that its rows are simulated. */
    readonly warehouseFile: string,
  ) {}

  /** The extract from before the change. */
  async fillWarehouse(): Promise<void> {
    const day = new Date(Date.now() - firstExtractDaysAgo * 86_400_000).toISOString().slice(0, 10);
    await this.write('warehouse', this.warehouseFile, warehouseRows, 5, ['--day', day]);
  }

  /** Months later: the same extract, most of whose rows are of the new population. */
  async moveWarehouseOn(): Promise<void> {
    const shift = ['--shift', String(fullShift.shifted), '--shifted-since-days', String(shiftedSinceDays)];
    await this.write('warehouse', this.warehouseFile, warehouseRows, 6, shift);
  }

  /** @param amounts how many times as high their limits, bills and payments are: clients of another product */
  async applicants(population: Population, rows: number, amounts = 1): Promise<Applicant[]> {
    const file = path.join(path.dirname(this.warehouseFile), `applicants-${population}.jsonl`);
    const who = ['--shift', String(fullShift[population]), '--amounts', String(amounts)];
    await this.write('applicants', file, rows, population === 'calm' ? 21 : 22, who);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    return lines.map((line) => applicantSchema.parse(JSON.parse(line)));
  }

  private async write(what: string, to: string, rows: number, seed: number, more: string[]): Promise<void> {
    const options = ['--to', to, '--rows', String(rows), '--seed', String(seed), ...more];
    try {
      await run(this.settings.trainingPython, ['-m', 'retraining.simulated_bank', what, ...options], {
        cwd: path.join(this.settings.projectDir, 'dags'),
        env: { ...inheritedEnvironment(), OMP_NUM_THREADS: '1' },
        timeout: 120_000,
      });
    } catch (error) {
      throw new PlatformFailure(`The simulated bank wrote no ${what}.`, undefined, { cause: error });
    }
  }
}
