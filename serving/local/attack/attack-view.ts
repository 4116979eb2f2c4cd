import { bold, dim, green, pin, red, say, yellow } from '../console.js';
import { number, percent, row } from '../drift-demo/live-view.js';
import type { AlertState } from '../prometheus-reader.js';
import type { Moment, Reading } from './moment.js';

/** Without a terminal, a line in so many seconds. */
const PLAIN_EVERY_SECONDS = 5;
const WIDTH = 60;

/** An attack as it happens: a block at the foot of a terminal, redrawn each second, or now and then a line. */
export class AttackView {
  #lastLine = -Infinity;

  show(moments: readonly Moment[]): void {
    const now = moments.at(-1);
    if (now === undefined) return;
    if (process.stdout.isTTY) {
      const known = now.reading;
      pin([
        dim('─'.repeat(WIDTH + 30)),
        `${bold(`step ${now.step}`)}  ${number(now.targetRate, 0)} messages/s are due; alert: ${alertOf(known)}`,
        row('offered/s', moments, ({ offeredRate }) => offeredRate, number(now.offeredRate, 0)),
        ...read('answered/s', moments, ({ scoredRate }) => scoredRate, number(known?.scoredRate, 0)),
        ...read('lag', moments, ({ lag }) => lag, `${number(known?.lag, 0)} messages`),
        ...read('p99', moments, ({ p99Seconds }) => p99Seconds, milliseconds(known?.p99Seconds)),
        ...read('shed', moments, ({ shedRatio }) => shedRatio, percent(known?.shedRatio)),
        ...read(
          'busiest CPU',
          moments,
          ({ utilisation }) => utilisation,
          `${percent(known?.utilisation)} of its limit`,
        ),
        ...read('replicas', moments, ({ replicas }) => replicas, replicasOf(known)),
      ]);
    } else if (now.second - this.#lastLine >= PLAIN_EVERY_SECONDS) {
      this.#lastLine = now.second;
      say(lineOf(now));
    }
  }

  end(): void {
    pin([]);
  }
}

function lineOf({ offeredRate, reading }: Moment): string {
  const offered = `offered ${number(offeredRate, 0)}/s`;
  if (reading === undefined) return `${dim(offered)}; ${alertOf(reading)}`;
  const { scoredRate, lag, p99Seconds, shedRatio, utilisation } = reading;
  return (
    dim(
      `${offered}, answered ${number(scoredRate, 0)}/s, lag ${number(lag, 0)}, p99 ${milliseconds(p99Seconds)}, ` +
        `shed ${percent(shedRatio)}, ${replicasOf(reading)} replicas, busiest at ${percent(utilisation)}; `,
    ) + `alert ${alertOf(reading)}`
  );
}

function alertOf(reading: Reading | undefined): string {
  if (reading === undefined) return yellow('Prometheus does not answer: only what is sent can be shown');
  const paint: Readonly<Record<AlertState, (text: string) => string>> = {
    inactive: green,
    pending: yellow,
    firing: red,
  };
  return paint[reading.alert](reading.alert);
}

function replicasOf(reading: Reading | undefined): string {
  return `${number(reading?.replicas, 0)} of at most ${number(reading?.maxReplicas, 0)}`;
}

function milliseconds(seconds: number | undefined): string {
  return seconds === undefined ? '-' : `${(seconds * 1_000).toFixed(0)} ms`;
}

/** A row of what Prometheus says; none where it has never said anything. */
function read(
  name: string,
  moments: readonly Moment[],
  value: (reading: Reading) => number | undefined,
  now: string,
): readonly string[] {
  const of = ({ reading }: Moment): number | undefined => reading && value(reading);
  return moments.some((moment) => of(moment) !== undefined) ? [row(name, moments, of, now)] : [];
}
