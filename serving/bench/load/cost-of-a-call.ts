import { median } from '../report/statistics.js';

const ROUNDS = 7;
const CALLS_A_TURN = 256;

/**
 * CPU of the process and its threads for one call, in microseconds, in the middle of some rounds; the first of them
 * warms up and does not count.
 *
 * @param between is called after some calls, and lets what they have put off be done
 */
export async function costOf(
  calls: number,
  call: (i: number) => void,
  between: () => Promise<void> = nextTurn,
): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const before = process.cpuUsage();
    for (let i = 0; i < calls; i += 1) {
      call(i);
      if (i % CALLS_A_TURN === CALLS_A_TURN - 1) await between();
    }
    await between();
    const { user, system } = process.cpuUsage(before);
    if (round > 0) rounds.push((user + system) / calls);
  }
  return median(rounds);
}

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
