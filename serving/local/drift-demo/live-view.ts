import { bold, dim, green, pin, red, say } from '../console.js';
import type { Moment } from './timeline.js';

/** Without a terminal, a line in so many seconds. */
const PLAIN_EVERY_SECONDS = 5;
const BARS = '▁▂▃▄▅▆▇█';
const WIDTH = 60;

/** The play as it happens: a block at the foot of a terminal, redrawn each second, or now and then a line. */
export class LiveView {
  private lastLine = -Infinity;

  show(moments: readonly Moment[], population: string): void {
    const now = moments.at(-1);
    if (now === undefined) return;
    if (process.stdout.isTTY) {
      pin([
        dim('─'.repeat(WIDTH + 24)),
        `${bold(`act ${now.act}`)}  ${population} population, answered by version ${now.version ?? '-'}; ${failed(now)}`,
        row('drift (PSI)', moments, ({ psi }) => psi, `${number(now.psi, 2)} ${now.worstFeature ?? ''}`),
        row('realised AUC', moments, ({ auc }) => auc, number(now.auc, 3)),
        row('defaults', moments, ({ defaultRate }) => defaultRate, percent(now.defaultRate)),
      ]);
    } else if (now.second - this.lastLine >= PLAIN_EVERY_SECONDS) {
      this.lastLine = now.second;
      say(
        dim(
          `${population}, version ${now.version ?? '-'}: PSI ${number(now.psi, 2)} ${now.worstFeature ?? ''}` +
            ` (${now.drifted} drifted), realised AUC ${number(now.auc, 3)}, defaults ${percent(now.defaultRate)}; `,
        ) + failed(now),
      );
    }
  }

  end(): void {
    pin([]);
  }
}

export function number(value: number | undefined, digits: number): string {
  return value === undefined ? '-' : value.toFixed(digits);
}

export function percent(share: number | undefined): string {
  return share === undefined ? '-' : `${(share * 100).toFixed(0)} %`;
}

function failed({ failures }: Moment): string {
  return failures === 0 ? green('0 failed') : red(`${failures} failed`);
}

/** A name, what it was in the last moments, and what it is now. */
export function row<M>(
  name: string,
  moments: readonly M[],
  value: (moment: M) => number | undefined,
  now: string,
): string {
  return `${name.padEnd(13)} ${sparkline(moments.slice(-WIDTH).map(value)).padEnd(WIDTH)} ${now}`;
}

/** The values between their least and their greatest; a gap where there is none. */
export function sparkline(values: readonly (number | undefined)[]): string {
  const known = values.filter((value) => value !== undefined);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return values
    .map((value) => {
      if (value === undefined) return ' ';
      const share = high > low ? (value - low) / (high - low) : 0;
      return BARS[Math.round(share * (BARS.length - 1))]!;
    })
    .join('');
}
