import { setTimeout as sleep } from 'node:timers/promises';
import { readChampion, type Champion } from '../champion.js';
import { PlatformFailure } from '../failure.js';
import type { Platform } from '../platform.js';
import { waitUntil } from '../wait-until.js';
import { readDrift, type DriftReading } from './drift-reading.js';
import { LiveView } from './live-view.js';
import type { Applicant, Population, SimulatedBank } from './simulated-bank.js';
import { Timeline } from './timeline.js';
import { Traffic } from './traffic.js';

export interface Cast {
  readonly platform: Platform;
  readonly bank: SimulatedBank;
  readonly applicants: Readonly<Record<Population, readonly Applicant[]>>;
}

const ROWS_PER_SECOND = 100;
/** What is weeks at a bank. */
const OUTCOME_DELAY_MS = 2_000;

/** A platform with traffic on it, looked at once a second. */
export class Stage {
  readonly platform: Platform;
  readonly bank: SimulatedBank;
  readonly traffic: Traffic;
  readonly timeline = new Timeline();
  /** As the tier last said. */
  reading: DriftReading | undefined;
  private readonly applicants: Cast['applicants'];
  private readonly view = new LiveView();
  private looking = true;
  private looks: Promise<void> = Promise.resolve();

  constructor({ platform, bank, applicants }: Cast) {
    this.platform = platform;
    this.bank = bank;
    this.applicants = applicants;
    this.traffic = new Traffic({
      servingUrl: platform.settings.urls.serving,
      rowsPerSecond: ROWS_PER_SECOND,
      outcomeDelayMs: OUTCOME_DELAY_MS,
    });
  }

  open(): void {
    this.play('calm');
    this.traffic.start();
    this.looks = this.look();
  }

  /** Safe to call again. */
  async close(): Promise<void> {
    this.looking = false;
    await Promise.all([this.looks, this.traffic.stop()]);
    this.view.end();
  }

  /** From now on this population asks, from its first applicant on. */
  play(population: Population): void {
    this.traffic.play(population, this.applicants[population]);
  }

  async champion(): Promise<Champion> {
    const champion = await readChampion(this.platform.settings);
    if (champion === undefined) throw new PlatformFailure('There is no champion.');
    return champion;
  }

  /** @throws {PlatformFailure} when a prediction has failed meanwhile, or it takes too long */
  async until<T>(what: string, probe: () => Promise<T | undefined> | T | undefined): Promise<T> {
    return waitUntil(
      async () => {
        const [failure] = this.traffic.failures;
        if (failure !== undefined) throw new PlatformFailure(`A request failed: ${failure}`);
        return probe();
      },
      { what, timeoutMs: 120_000 },
    );
  }

  private async look(): Promise<void> {
    while (this.looking) {
      // Whether the replica answers is seen in the predictions; without a reading there is a gap in the picture.
      this.reading = await readDrift(this.platform.settings.urls.management).catch(() => undefined);
      this.timeline.look(this.reading, this.traffic);
      this.view.show(this.timeline.moments, this.traffic.playing);
      await sleep(1000);
    }
  }
}
