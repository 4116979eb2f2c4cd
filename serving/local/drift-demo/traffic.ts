import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { messageOf } from '../failure.js';
import { Ledger } from './ledger.js';
import type { Applicant, Population } from './simulated-bank.js';

const answerSchema = z.looseObject({
  model_version: z.string(),
  predictions: z.array(z.looseObject({ score: z.number() })).length(1),
});

export interface TrafficOptions {
  /** Public address of the serving tier. */
  readonly servingUrl: string;
  readonly rowsPerSecond: number;
  /** What is months in a bank: from a prediction to the moment at which its outcome is brought. */
  readonly outcomeDelayMs: number;
}

const TICK_MS = 50;
const MOST_IN_FLIGHT = 32;
const OUTCOMES_AT_ONCE = 500;
const TIMEOUT_MS = 10_000;

/** Applicants ask `/predict` at a steady rate, one by one; what becomes of them is told to `/outcomes` later. */
export class Traffic {
  readonly ledger = new Ledger();
  /** Predictions and outcomes that were not taken, in words. */
  readonly failures: string[] = [];
  answered = 0;
  private population: Population = 'calm';
  private applicants: readonly Applicant[] = [];
  private next = 0;
  private inFlight = 0;
  private stopping = false;
  private loops: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: TrafficOptions) {}

  /** From now on these ask, from the first one on, and again from the first when all have asked. */
  play(population: Population, applicants: readonly Applicant[]): void {
    this.population = population;
    this.applicants = applicants;
    this.next = 0;
  }

  start(): void {
    this.loops = Promise.all([this.predictLoop(), this.outcomeLoop()]);
  }

  /** Resolves when no request is under way. Safe to call again. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.loops;
    while (this.inFlight > 0) await sleep(TICK_MS);
  }

  get playing(): Population {
    return this.population;
  }

  private async predictLoop(): Promise<void> {
    let due = 0;
    let last = performance.now();
    while (!this.stopping) {
      await sleep(TICK_MS);
      const now = performance.now();
      // What a busy machine could not send in time is not made up for: the rate is a rate.
      due = Math.min(due + ((now - last) / 1000) * this.options.rowsPerSecond, MOST_IN_FLIGHT);
      last = now;
      for (; due >= 1 && this.inFlight < MOST_IN_FLIGHT; due -= 1) void this.ask();
    }
  }

  private async ask(): Promise<void> {
    const [population, applicant] = [this.population, this.next % this.applicants.length];
    const { features, label } = this.applicants[applicant]!;
    this.next += 1;
    this.inFlight += 1;
    try {
      const response = await this.post('/predict', { instances: [features] });
      const text = await response.text();
      if (response.status !== 200) throw new Error(`/predict answered ${response.status}: ${text}`);
      const answer = answerSchema.parse(JSON.parse(text));
      this.answered += 1;
      this.ledger.predicted({
        requestId: response.headers.get('x-request-id') ?? '',
        population,
        applicant,
        version: answer.model_version,
        predictedAt: Date.now(),
        score: answer.predictions[0]!.score,
        label,
      });
    } catch (error) {
      this.failures.push(messageOf(error));
    } finally {
      this.inFlight -= 1;
    }
  }

  private async outcomeLoop(): Promise<void> {
    while (!this.stopping) {
      await sleep(250);
      const entries = this.ledger.due(Date.now() - this.options.outcomeDelayMs, OUTCOMES_AT_ONCE);
      if (entries.length === 0) continue;
      const observedAt = new Date().toISOString();
      const outcomes = entries.map(({ requestId, label }) => ({
        request_id: requestId,
        label,
        observed_at: observedAt,
      }));
      try {
        const response = await this.post('/outcomes', { outcomes });
        const text = await response.text();
        if (response.status !== 202) throw new Error(`/outcomes answered ${response.status}: ${text}`);
        this.ledger.outcomesAccepted(entries);
      } catch (error) {
        this.failures.push(messageOf(error));
      }
    }
  }

  private post(route: string, body: unknown): Promise<Response> {
    return fetch(`${this.options.servingUrl}${route}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  }
}
