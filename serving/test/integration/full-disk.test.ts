import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { SERVING_ROOT } from '../support/training-environment.js';

interface Seen {
  readonly error: string;
  readonly keptBeforeFull: number;
  readonly wholeLines: number;
  readonly halfLines: number;
  readonly linesAfterwards: number;
}

/** Fills a disk of 64 kB with outcomes, then makes room. */
const FILL = `
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { SegmentFolder } from './src/feedback/segment-folder.ts';
const [directory] = process.argv.slice(1);
const folder = new SegmentFolder({
  directory, prefix: 'outcomes', segmentBytes: 1e6, segmentAgeMs: 60000, maxBytes: 1e9, whenFull: 'refuse', durable: true,
});
const record = { key: 'r', value: JSON.stringify({ text: 'x'.repeat(3000) }) };
const lines = () => readdirSync(directory).filter((name) => name.startsWith('outcomes-'))
  .flatMap((name) => readFileSync(directory + '/' + name, 'utf8').split(/(?<=\\n)/)).filter((line) => line !== '');
writeFileSync(directory + '/other', 'x'.repeat(20000));
let kept = 0, error;
while (error === undefined && kept < 100) {
  try { await folder.write([record]); kept += 1; } catch (thrown) { error = thrown.code; }
}
const full = lines();
rmSync(directory + '/other');
await folder.write([record]);
await folder.close();
const whole = full.filter((line) => line === record.value + '\\n').length;
console.log(JSON.stringify({
  error, keptBeforeFull: kept, wholeLines: whole, halfLines: full.length - whole, linesAfterwards: lines().length,
}));
`;

describe('a disk that is full', function () {
  this.timeout(60_000);

  it('keeps each outcome whole that was said to be kept, no part of another, and the next one when there is room', function () {
    // A disk of its own in a namespace that takes it along when it ends.
    if (spawnSync('unshare', ['-m', 'true']).status !== 0) this.skip();
    const directory = temporaryDirectory();
    const mount =
      'mount -t tmpfs -o size=64k tmpfs "$0" && exec "$1" --import tsx --input-type=module -e "$2" "$0"';
    const { stdout, stderr } = spawnSync(
      'unshare',
      ['-m', 'bash', '-c', mount, directory, process.execPath, FILL],
      { cwd: SERVING_ROOT, encoding: 'utf8' },
    );
    const seen = JSON.parse(stdout || JSON.stringify(stderr)) as Seen;
    expect(seen.error).to.equal('ENOSPC');
    expect(seen.keptBeforeFull).to.be.within(5, 20);
    expect(seen).to.deep.include({
      wholeLines: seen.keptBeforeFull,
      halfLines: 0,
      linesAfterwards: seen.keptBeforeFull + 1,
    });
  });
});
