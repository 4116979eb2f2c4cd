import { existsSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { FetchLock, type FetchLockTiming } from '../../../src/registry/fetch-lock.js';
import { OWNER_NAME } from '../../../src/registry/owner.js';
import { eventually } from '../../support/eventually.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const ELSEWHERE = `${'f'.repeat(12)}-1-00000000-11111111`;
/** Nothing is taken for stale within a test unless it says so. */
const PATIENT: FetchLockTiming = { heartbeatMs: 5, staleMs: 60_000, pollMs: 2 };

describe('FetchLock', () => {
  let path: string;

  beforeEach(() => {
    path = join(temporaryDirectory(), 'lock');
  });

  function lock(timing: Partial<FetchLockTiming> = {}): FetchLock {
    return new FetchLock(path, { ...PATIENT, ...timing });
  }

  it('is held by one at a time', async () => {
    const tries = await Promise.all(Array.from({ length: 10 }, () => lock().tryAcquire()));
    const [release, ...others] = tries.filter((got) => got !== undefined);
    expect(others).to.deep.equal([]);
    await release!();
    expect(existsSync(path)).to.equal(false);
    await (await lock().tryAcquire())!();
  });

  it('has others wait until it is given back', async () => {
    const release = (await lock().tryAcquire())!;
    let isOver = false;
    const waiting = lock()
      .released()
      .then(() => {
        isOver = true;
      });
    const touched = statSync(path).mtimeMs;
    await eventually(() => {
      expect(statSync(path).mtimeMs, 'a heartbeat, and with it many looks').to.be.above(touched);
    });
    expect(isOver).to.equal(false);
    await release();
    await waiting;
  });

  it('is over at once for who waits for nothing', async () => {
    await lock().released();
  });

  it('is taken from a holder that is provably dead', async () => {
    const [place, pid] = OWNER_NAME.split('-') as [string, string];
    writeFileSync(path, `${place}-${pid}-00000000-11111111`);
    await lock().released();
    expect(existsSync(path)).to.equal(false);
  });

  it('is taken from a holder elsewhere that does not touch it any more', async () => {
    writeFileSync(path, ELSEWHERE);
    await lock({ staleMs: 20 }).released();
    expect(existsSync(path)).to.equal(false);
  });

  it('is left to a holder elsewhere that goes on touching it, whatever its clock says', async () => {
    const staleMs = 500;
    let longestSilenceMs = Infinity;
    // A machine that stalls keeps the holder from touching it in time: then it was right to take it.
    while (longestSilenceMs >= staleMs / 2) {
      longestSilenceMs = 0;
      writeFileSync(path, ELSEWHERE);
      let isOver = false;
      const waiting = lock({ staleMs })
        .released()
        .then(() => {
          isOver = true;
        });
      const begun = performance.now();
      let touched = begun;
      for (let touches = 1; touched - begun < 3 * staleMs && existsSync(path); touches += 1) {
        // Its clock is years behind.
        utimesSync(path, new Date(touches * 1_000), new Date(touches * 1_000));
        const now = performance.now();
        longestSilenceMs = Math.max(longestSilenceMs, now - touched);
        touched = now;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      if (longestSilenceMs < staleMs / 2) expect(isOver, 'while it is touched').to.equal(false);
      await waiting;
      expect(existsSync(path), 'when it is not touched any more').to.equal(false);
    }
  });

  it('is touched by who holds it', async () => {
    const release = (await lock().tryAcquire())!;
    utimesSync(path, new Date(0), new Date(0));
    await eventually(() => {
      expect(statSync(path).mtimeMs).to.be.above(1_000);
    });
    await release();
  });

  it('is not given back by who lost it', async () => {
    const release = (await lock().tryAcquire())!;
    writeFileSync(path, ELSEWHERE);
    await release();
    expect(readFileSync(path, 'utf8')).to.equal(ELSEWHERE);
  });
});
