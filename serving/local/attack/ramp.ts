/** How the intensity of an attack rises: in steps, up to a rate, for so long. */
export interface Ramp {
  /** Messages a second. */
  readonly startRate: number;
  readonly stepRate: number;
  readonly stepSeconds: number;
  readonly maxRate: number;
  readonly maxSeconds: number;
}

/** The step that a moment is in, from 0. The last one lasts until the end. */
export function stepAt(second: number, ramp: Ramp): number {
  const steps = Math.ceil(Math.max(0, ramp.maxRate - ramp.startRate) / ramp.stepRate);
  return Math.min(steps, Math.floor(Math.max(0, second) / ramp.stepSeconds));
}

/** Messages a second at a moment; 0 when it is over. */
export function rateAt(second: number, ramp: Ramp): number {
  return second < ramp.maxSeconds ? rateOf(stepAt(second, ramp), ramp) : 0;
}

/** How many messages are due from the beginning to a moment, whatever became of them: an open loop. */
export function dueBy(second: number, ramp: Ramp): number {
  const end = Math.min(Math.max(0, second), ramp.maxSeconds);
  const last = stepAt(end, ramp);
  let due = 0;
  for (let step = 0; step < last; step += 1) due += rateOf(step, ramp) * ramp.stepSeconds;
  return Math.floor(due + rateOf(last, ramp) * (end - last * ramp.stepSeconds));
}

function rateOf(step: number, { startRate, stepRate, maxRate }: Ramp): number {
  return Math.min(maxRate, startRate + step * stepRate);
}
