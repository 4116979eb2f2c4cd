import type { DriftReading } from './drift-reading.js';
import { qualityOf } from './quality.js';
import type { Traffic } from './traffic.js';

/** One look at the play. */
export interface Moment {
  /** Since the traffic began. */
  readonly second: number;
  readonly act: number;
  readonly version: string | undefined;
  readonly psi: number | undefined;
  readonly worstFeature: string | undefined;
  readonly scorePsi: number | undefined;
  readonly drifted: number;
  /** Of the predictions whose outcome was brought last. */
  readonly auc: number | undefined;
  readonly defaultRate: number | undefined;
  readonly failures: number;
}

/** Realised quality is that of so many latest outcomes. */
const LATEST = 1_000;

/** What is drawn at the end: a look a second, and when an act began. */
export class Timeline {
  readonly moments: Moment[] = [];
  readonly marks: { readonly second: number; readonly text: string }[] = [];
  act = 1;
  private readonly began = Date.now();

  get second(): number {
    return (Date.now() - this.began) / 1000;
  }

  begin(act: number, text: string): void {
    this.act = act;
    this.marks.push({ second: this.second, text });
  }

  look(reading: DriftReading | undefined, traffic: Traffic): Moment {
    const latest = traffic.ledger.latest(LATEST);
    const quality = latest.length < LATEST / 2 ? undefined : qualityOf(latest);
    const moment: Moment = {
      second: this.second,
      act: this.act,
      version: reading?.version,
      psi: reading?.worst?.psi,
      worstFeature: reading?.worst?.name,
      scorePsi: reading?.scorePsi,
      drifted: reading?.drifted.length ?? 0,
      auc: quality?.auc,
      defaultRate: quality?.defaultRate,
      failures: traffic.failures.length,
    };
    this.moments.push(moment);
    return moment;
  }
}
