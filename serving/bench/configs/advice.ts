import { median } from '../report/statistics.js';
import { figure } from '../report/table.js';
import type { Sample } from './measurement.js';

/** A choice under a load. */
export interface Answer {
  readonly choice: string;
  readonly load: string;
  /** Figure by figure the middle of the rounds. */
  readonly sample: Sample;
  /** Taken in turn with those of the other choices. */
  readonly rounds: readonly Sample[];
}

/** What a form of a model gives up against the form that it was made from. */
export interface Accuracy {
  readonly bytes: number;
  readonly auc: number;
  readonly parent: string | undefined;
  readonly largestScoreDifference: number | undefined;
}

/** Less than this is within what two runs of the same differ by. */
const CLEARLY = 1.1;

/**
 * By how much one choice has more of a figure than another. Round against round, since what else the machine did
 * befell both in a round.
 *
 * @returns 1 where the difference is small, or rounds disagree about its sign
 */
export function ratioOf(figureOf: (sample: Sample) => number, more: Answer, less: Answer): number {
  const ratios = more.rounds.map((sample, round) => figureOf(sample) / figureOf(less.rounds[round]!));
  const middle = median(ratios);
  const agree = ratios.filter((ratio) => ratio > 1).length >= ratios.length - Math.floor(ratios.length / 5);
  return middle >= CLEARLY && agree ? middle : 1;
}

/**
 * Which of some choices answers the most requests under each load, held against the first, which is the default: it
 * stays unless another is clearly better.
 */
export function adviseThroughput(answers: readonly Answer[]): string[] {
  return loadsOf(answers).map((load) => {
    const [standard, ...others] = answers.filter((answer) => answer.load === load);
    if (standard === undefined) throw new Error(`No answers under ${load}`);
    const gainOf = (answer: Answer) =>
      ratioOf(({ requestsPerSecond }) => requestsPerSecond, answer, standard);
    const [best] = others.toSorted((a, b) => gainOf(b) - gainOf(a));
    if (best === undefined || gainOf(best) === 1) {
      return `${load}: stay with ${standard.choice}; no other answers clearly more requests.`;
    }
    return (
      `${load}: choose ${best.choice}: ${figure(gainOf(best))} times the requests a second of ${standard.choice}, ` +
      `${figure(best.sample.cpuUsPerRequest)} instead of ${figure(standard.sample.cpuUsPerRequest)} µs of CPU a request, ` +
      `p99 ${figure(best.sample.p99Ms)} instead of ${figure(standard.sample.p99Ms)} ms.`
    );
  });
}

/** What each smaller form saves under each load, and what it costs in accuracy. */
export function adviseForms(answers: readonly Answer[], accuracy: ReadonlyMap<string, Accuracy>): string[] {
  return [...new Set(answers.map(({ choice }) => choice))].flatMap((choice) => {
    const own = accuracy.get(choice);
    const parent = own?.parent === undefined ? undefined : accuracy.get(own.parent);
    if (own?.parent === undefined || parent === undefined) return [];
    const savings = loadsOf(answers).map((load) => {
      const under = (name: string | undefined) =>
        answers.find((answer) => answer.choice === name && answer.load === load)!;
      return { load, ratio: ratioOf(cpuOf, under(own.parent), under(choice)) };
    });
    const worthIt = savings.filter(({ ratio }) => ratio > 1);
    const price =
      `scores move by up to ${figure(own.largestScoreDifference ?? Number.NaN)}, ` +
      `AUC ${own.auc.toFixed(4)} instead of ${parent.auc.toFixed(4)}`;
    if (worthIt.length === 0)
      return [`${choice} is not worth it here: no clear saving over ${own.parent}; ${price}.`];
    const said = worthIt.map(({ load, ratio }) => `${figure(ratio)} times less CPU at ${load}`).join(', ');
    return [`${choice} instead of ${own.parent}: ${said}; ${price}.`];
  });
}

/** The choices that cost the least CPU under each load, and by how much the dearest costs more. */
export function adviseCheapest(answers: readonly Answer[]): string[] {
  return loadsOf(answers).map((load) => {
    const sorted = answers
      .filter((answer) => answer.load === load)
      .toSorted((a, b) => a.sample.cpuUsPerRequest - b.sample.cpuUsPerRequest);
    const [best] = sorted;
    if (best === undefined) throw new Error(`No answers under ${load}`);
    const dearer = sorted.filter((answer) => ratioOf(cpuOf, answer, best) > 1);
    const cheapest = sorted.filter((answer) => !dearer.includes(answer)).map(({ choice }) => choice);
    const others = dearer.map(
      (answer) => `${answer.choice} ${figure(ratioOf(cpuOf, answer, best))} times that`,
    );
    return `${load}: the least CPU with ${cheapest.join(' or ')}${others.map((other) => `; ${other}`).join('')}.`;
  });
}

function cpuOf({ cpuUsPerRequest }: Sample): number {
  return cpuUsPerRequest;
}

function loadsOf(answers: readonly Answer[]): string[] {
  return [...new Set(answers.map(({ load }) => load))];
}
