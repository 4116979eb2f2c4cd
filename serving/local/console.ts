const startedAt = Date.now();
const colored = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;

const paint =
  (code: number) =>
  (text: string): string =>
    colored ? `\u001B[${code}m${text}\u001B[0m` : text;

export const bold = paint(1);
export const dim = paint(2);
export const red = paint(31);
export const green = paint(32);
export const yellow = paint(33);

let pinned: readonly string[] = [];

/** Keeps lines at the foot of a terminal, below what is said later, until others or none are given. */
export function pin(lines: readonly string[]): void {
  write('', lines);
}

function write(text: string, foot = pinned): void {
  // Up to where the foot began, and away with it: text goes where it was, and the foot below the text.
  const clear = pinned.length === 0 ? '' : `\u001B[${pinned.length}A\r\u001B[J`;
  pinned = foot;
  process.stdout.write(clear + text + foot.map((line) => `${line}\n`).join(''));
}

/** One line of progress, with the seconds since the command started. */
export function say(text: string): void {
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(0).padStart(4);
  write(`${dim(`${seconds}s`)}  ${text}\n`);
}

/** A line of the answer itself, which someone may pipe. */
export function print(text = ''): void {
  write(`${text}\n`);
}

export function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
