import { Counter, Gauge, Registry } from 'prom-client';
import { MESSAGE_KINDS, type MessageKind } from './messages.js';

/** What an attack says of itself. */
export class AttackMetrics {
  readonly registry = new Registry();
  readonly #offered = new Counter({
    name: 'attack_offered_messages_total',
    help: 'Messages that were due and were handed to the broker',
    labelNames: ['kind'],
    registers: [this.registry],
  });
  readonly #rate = new Gauge({
    name: 'attack_target_rate',
    help: 'Messages a second that are due now; 0 when it is over',
    registers: [this.registry],
  });
  readonly #step = new Gauge({
    name: 'attack_step',
    help: 'Step of the intensity, from 0',
    registers: [this.registry],
  });

  constructor() {
    for (const kind of MESSAGE_KINDS) this.#offered.inc({ kind }, 0);
  }

  offered(kind: MessageKind): void {
    this.#offered.inc({ kind });
  }

  intensity(rate: number, step: number): void {
    this.#rate.set(rate);
    this.#step.set(step);
  }
}
