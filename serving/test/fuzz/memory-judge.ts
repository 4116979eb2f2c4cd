import { median } from '../../bench/report/statistics.js';
import type { Memory } from './fuzzed-process.js';

/** Compilers, caches and pools settle during the first of the measurements. */
const WARM_UP_SHARE = 0.3;
/** Fewer say nothing. */
const LEAST = 6;
const MIB = 1024 ** 2;
/** What is remembered for a while, webhook deliveries and connections in their last seconds, is less than this. */
const ALLOWED_MIB = { heapUsed: 4, external: 8, rss: 48 } as const;

/**
 * Whether memory grew: the middle of the last third of the measurements, after the warm-up, against the first third.
 *
 * @param measurements in their order, each after a garbage collection and as many cases as the others
 * @returns what grew by more than chance explains; undefined when there are too few measurements to say
 */
export function growthOf(measurements: readonly Memory[]): readonly string[] | undefined {
  const settled = measurements.slice(Math.floor(measurements.length * WARM_UP_SHARE));
  if (settled.length < LEAST) return undefined;
  const third = Math.floor(settled.length / 3);
  return (['heapUsed', 'external', 'rss'] as const).flatMap((kind) => {
    const values = settled.map((memory) => memory[kind]);
    const grown = (median(values.slice(-third)) - median(values.slice(0, third))) / MIB;
    if (grown <= ALLOWED_MIB[kind]) return [];
    return [`${kind} grew by ${grown.toFixed(1)} MiB; ${ALLOWED_MIB[kind]} are allowed`];
  });
}
