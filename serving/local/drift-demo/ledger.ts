import type { Judged } from './quality.js';
import type { Population } from './simulated-bank.js';

/** One answered prediction. */
export interface Entry extends Judged {
  readonly requestId: string;
  readonly population: Population;
  /** Which of the population's applicants it was. */
  readonly applicant: number;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly predictedAt: number;
}

/** What was predicted, and of what the outcome has been brought back. Labels of others are not looked at. */
export class Ledger {
  private waiting: Entry[] = [];
  private readonly judged: Entry[] = [];

  predicted(entry: Entry): void {
    this.waiting.push(entry);
  }

  /** Those that were predicted before that moment and whose outcome nobody has brought yet. */
  due(before: number, atMost: number): Entry[] {
    return this.waiting.filter(({ predictedAt }) => predictedAt <= before).slice(0, atMost);
  }

  outcomesAccepted(entries: readonly Entry[]): void {
    const accepted = new Set(entries);
    this.waiting = this.waiting.filter((entry) => !accepted.has(entry));
    this.judged.push(...entries);
  }

  known(version: string, population: Population, since = 0): Entry[] {
    return this.judged.filter(
      (entry) => entry.version === version && entry.population === population && entry.predictedAt >= since,
    );
  }

  /** The latest of whatever version and population, the newest last. */
  latest(count: number): Entry[] {
    return this.judged.slice(-count);
  }

  /** For every applicant whom both versions have judged: what each said of him. */
  shared(population: Population, one: string, other: string): { one: Entry[]; other: Entry[] } {
    const byApplicant = (version: string): Map<number, Entry> =>
      new Map(this.known(version, population).map((entry) => [entry.applicant, entry]));
    const [first, second] = [byApplicant(one), byApplicant(other)];
    const both = [...first.keys()].filter((applicant) => second.has(applicant));
    return {
      one: both.map((applicant) => first.get(applicant)!),
      other: both.map((applicant) => second.get(applicant)!),
    };
  }
}
