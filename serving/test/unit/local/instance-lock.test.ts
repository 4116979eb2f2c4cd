import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { exclusively } from '../../../local/instance-lock.js';
import { PlatformFailure } from '../../../local/failure.js';

describe('the lock of a state folder', () => {
  let dir: string;

  beforeEach(() => {
    dir = mkdtempSync(path.join(tmpdir(), 'lock-'));
  });

  afterEach(() => {
    rmSync(dir, { recursive: true, force: true });
  });

  it('lets one in, names it to the second, and is gone afterwards', async () => {
    let refusal: unknown;
    await exclusively(dir, async () => {
      refusal = await exclusively(dir, () => Promise.resolve()).catch((error: unknown) => error);
    });
    expect(refusal).to.be.instanceOf(PlatformFailure);
    expect((refusal as Error).message).to.include(`pid ${process.pid}`);
    expect(existsSync(path.join(dir, 'up.lock'))).to.equal(false);
  });

  it('is free again when the work failed', async () => {
    const failed = await exclusively(dir, () => Promise.reject(new Error('no'))).catch(
      (error: unknown) => error,
    );
    expect((failed as Error).message).to.equal('no');
    await exclusively(dir, () => Promise.resolve());
  });

  for (const [what, content] of [
    ['of a process that is gone', JSON.stringify({ pid: 4_194_000, startTime: '1' })],
    ['of another process with a pid used again', JSON.stringify({ pid: process.pid, startTime: 'earlier' })],
    ['half-written', '{"pid":'],
  ] as const) {
    it(`does not count when it is ${what}`, async () => {
      writeFileSync(path.join(dir, 'up.lock'), content);
      let ran = false;
      await exclusively(dir, () => {
        ran = true;
        return Promise.resolve();
      });
      expect(ran).to.equal(true);
    });
  }
});
