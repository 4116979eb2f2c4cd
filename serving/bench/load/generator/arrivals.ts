import { seededRandom } from '../../../test/support/seeded-random.js';
import type { Plan } from './plan.js';

/** A request that is due at a time. */
export interface Arrival {
  readonly dueMs: number;
  /** Index of its stream in the plan. */
  readonly stream: number;
}

/** When the requests of all open streams of a plan are due, earliest first. */
export function* arrivalsOf({ streams, durationMs, seed }: Plan): Generator<Arrival, undefined> {
  const random = seededRandom(seed);
  const gaps = streams.map(({ pace }) => {
    if (pace.kind === 'closed') return () => Infinity;
    const meanMs = 1_000 / pace.ratePerSecond;
    return pace.arrivals === 'even' ? () => meanMs : () => -Math.log(1 - random()) * meanMs;
  });
  const due = gaps.map((gap) => gap());
  for (;;) {
    const dueMs = Math.min(...due);
    if (dueMs >= durationMs) return undefined;
    const stream = due.indexOf(dueMs);
    yield { dueMs, stream };
    due[stream]! += gaps[stream]!();
  }
}
