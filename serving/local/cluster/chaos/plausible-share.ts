/** Standard deviations: one in sixteen thousand honest shares is further off. */
const DEVIATIONS = 4;

/** Whether so many of all may be what is left to chance with this probability. */
export function isPlausibleShare(found: number, all: number, probability: number): boolean {
  if (all === 0) return false;
  const deviation = Math.sqrt(all * probability * (1 - probability));
  return Math.abs(found - all * probability) <= DEVIATIONS * deviation;
}
