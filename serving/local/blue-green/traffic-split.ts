import { z } from 'zod';
import { PlatformFailure } from '../failure.js';

export const COLOURS = ['blue', 'green'] as const;
export type Colour = (typeof COLOURS)[number];

const weight = z.number().int().min(0).max(1000);

/** How many of so many requests each colour gets; at least one gets some. */
export const trafficSplitSchema = z
  .object({ blue: weight, green: weight })
  .refine(({ blue, green }) => blue + green > 0, 'one colour must have a weight');

export type TrafficSplit = Readonly<Record<Colour, number>>;

/** What a canary begins with. */
export const FIRST_SPLIT: TrafficSplit = { blue: 9, green: 1 };

/** @throws {PlatformFailure} naming what is wrong */
export function splitOf(blue: number | undefined, green: number | undefined): TrafficSplit {
  const parsed = trafficSplitSchema.safeParse({ blue, green });
  if (parsed.success) return parsed.data;
  throw new PlatformFailure(
    'Weights are whole numbers from 0 to 1000, one for each colour, and not both 0.',
    'For example: BLUE=9 GREEN=1',
  );
}

/** All traffic to one colour. The other one answers where that one can't. */
export function allTo(colour: Colour): TrafficSplit {
  return colour === 'blue' ? { blue: 1, green: 0 } : { blue: 0, green: 1 };
}

/** `blue 9, green 1 (90 % : 10 %)` */
export function describeSplit({ blue, green }: TrafficSplit): string {
  const share = (part: number): string => `${Number(((100 * part) / (blue + green)).toFixed(2))} %`;
  return `blue ${blue}, green ${green} (${share(blue)} : ${share(green)})`;
}

/** Colours that get traffic while both work. */
export function coloursIn(split: TrafficSplit): readonly Colour[] {
  return COLOURS.filter((colour) => split[colour] > 0);
}
