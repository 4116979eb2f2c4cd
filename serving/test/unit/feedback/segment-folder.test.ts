import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { SegmentFolder, type SegmentFolderOptions } from '../../../src/feedback/segment-folder.js';
import { rejection } from '../../support/rejection.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const LINE = '{"row":0}';
const LINE_BYTES = LINE.length + 1;

describe('SegmentFolder', () => {
  let directory: string;
  let now: Date;
  let folder: SegmentFolder;

  function folderWith(options: Partial<SegmentFolderOptions>): SegmentFolder {
    return new SegmentFolder(
      {
        directory,
        prefix: 'predictions',
        segmentBytes: 10_000,
        segmentAgeMs: 60_000,
        maxBytes: 100_000,
        whenFull: 'delete-oldest',
        durable: false,
        ...options,
      },
      () => now,
    );
  }

  function write(count = 1): Promise<number> {
    return folder.write(Array.from({ length: count }, () => ({ key: 'r', value: LINE })));
  }

  function names(): string[] {
    return readdirSync(directory).sort();
  }

  beforeEach(() => {
    directory = join(temporaryDirectory(), 'not', 'there', 'yet');
    now = new Date('2026-11-21T10:00:00.123Z');
    folder = folderWith({});
  });

  afterEach(() => folder.close());

  it('makes its folder, and writes whole lines into a file whose name says when it was begun', async () => {
    expect(await write(2)).to.equal(2 * LINE_BYTES);
    expect(await write()).to.equal(LINE_BYTES);
    const [name, ...others] = names();
    expect(others).to.be.empty;
    expect(name).to.match(/^predictions-20261121T100000123Z-[\w.]+-\d+-1\.jsonl$/);
    expect(readFileSync(join(directory, name!), 'utf8')).to.equal(`${LINE}\n`.repeat(3));
  });

  it('goes on in another file when one is full or old', async () => {
    folder = folderWith({ segmentBytes: 2 * LINE_BYTES });
    await write(2);
    await write();
    expect(names()).to.have.length(2);
    now = new Date(now.getTime() + 60_000);
    await write();
    expect(names()).to.have.length(3);
  });

  it('deletes the oldest files when all of them have too many bytes, and counts what it deleted', async () => {
    let deleted = 0;
    folder = folderWith({
      segmentBytes: LINE_BYTES,
      maxBytes: 3 * LINE_BYTES,
      deleted: (bytes) => {
        deleted += bytes;
      },
    });
    for (let i = 0; i < 5; i += 1) {
      await write();
      now = new Date(now.getTime() + 1);
    }
    const numbers = names().map((name) => /-(\d+)\.jsonl$/.exec(name)![1]);
    expect(numbers).to.deep.equal(['3', '4', '5']);
    expect(deleted).to.equal(2 * LINE_BYTES);
  });

  it('leaves files of others in the folder alone', async () => {
    folder = folderWith({ segmentBytes: LINE_BYTES, maxBytes: LINE_BYTES });
    await write();
    writeFileSync(join(directory, 'outcomes-1.jsonl'), 'x'.repeat(1_000));
    writeFileSync(join(directory, 'notes.txt'), 'x'.repeat(1_000));
    now = new Date(now.getTime() + 1);
    await write();
    expect(names()).to.include.members(['outcomes-1.jsonl', 'notes.txt']).and.to.have.length(3);
  });

  it('refuses instead of deleting when it is told to, and takes records again when there is room', async () => {
    folder = folderWith({ segmentBytes: LINE_BYTES, maxBytes: 2 * LINE_BYTES, whenFull: 'refuse' });
    await write();
    await write();
    expect(await rejection(write(), Error))
      .to.have.property('message')
      .that.includes('bytes of predictions already');
    rmSync(join(directory, names()[0]!));
    await write();
    expect(names()).to.have.length(2);
  });

  it('begins a new file when somebody has removed the one that it writes', async () => {
    await write();
    rmSync(join(directory, names()[0]!));
    await write();
    expect(readFileSync(join(directory, names()[0]!), 'utf8')).to.equal(`${LINE}\n`);
  });

  it('fails while it can not write, and goes on when it can', async () => {
    rmSync(join(directory, '../..'), { recursive: true, force: true });
    writeFileSync(join(directory, '../..'), 'a file where the folder should be');
    await rejection(write(), Error);
    rmSync(join(directory, '../..'));
    await write();
    expect(names()).to.have.length(1);
  });
});
