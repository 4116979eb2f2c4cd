import { Writable } from 'node:stream';
import { pino, type Logger } from 'pino';

/** One line as it was logged; `level` is pino's number: 30 info, 40 warn, 50 error. */
export interface LogLine extends Readonly<Record<string, unknown>> {
  readonly level: number;
  readonly msg: string;
}

/** A logger whose lines can be read. */
export class CapturedLog {
  readonly lines: LogLine[] = [];
  readonly logger: Logger;

  constructor() {
    const sink = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.lines.push(JSON.parse(chunk.toString()) as LogLine);
        done();
      },
    });
    this.logger = pino({ level: 'debug', base: null }, sink);
  }

  get errors(): readonly LogLine[] {
    return this.lines.filter(({ level }) => level >= 50);
  }

  /** Everything that was logged, as text. */
  get text(): string {
    return this.lines.map((line) => JSON.stringify(line)).join('\n');
  }
}
