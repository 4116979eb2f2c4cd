import { setTimeout as sleep } from 'node:timers/promises';
import type { PrometheusReader } from '../prometheus-reader.js';
import type { Attack } from './attack.js';
import { MESSAGE_KINDS } from './messages.js';
import { readPlatform, type Moment } from './moment.js';

const LOOK_MS = 1_000;

/** Looks once a second at an attack and at what Prometheus says meanwhile; goes on looking after its end. */
export class AttackWatch {
  readonly #moments: Moment[] = [];
  readonly #attack: Attack;
  readonly #prometheus: PrometheusReader;
  readonly #seen: (moments: readonly Moment[]) => void;
  #startedAt = 0;
  #looking = true;
  #looks: Promise<void> = Promise.resolve();
  #offered = 0;

  /** @param seen after each look */
  constructor(attack: Attack, prometheus: PrometheusReader, seen: (moments: readonly Moment[]) => void) {
    this.#attack = attack;
    this.#prometheus = prometheus;
    this.#seen = seen;
  }

  get moments(): readonly Moment[] {
    return this.#moments;
  }

  start(): void {
    this.#startedAt = performance.now();
    this.#looks = this.#look();
  }

  /** Safe to call again. */
  async stop(): Promise<void> {
    this.#looking = false;
    await this.#looks;
  }

  async #look(): Promise<void> {
    let before = 0;
    while (this.#looking) {
      // Without Prometheus there is less to see, and the attack goes on to its ceiling.
      const reading = await readPlatform(this.#prometheus).catch(() => undefined);
      const second = (performance.now() - this.#startedAt) / 1_000;
      const { offered } = this.#attack.counts;
      const total = MESSAGE_KINDS.reduce((sum, kind) => sum + offered[kind], 0);
      const offeredRate = (total - this.#offered) / Math.max(second - before, LOOK_MS / 1_000);
      this.#offered = total;
      before = second;
      const { rate, step } = this.#attack;
      this.#moments.push({ second, targetRate: rate, offeredRate, step, reading });
      this.#seen(this.#moments);
      await sleep(LOOK_MS);
    }
  }
}
