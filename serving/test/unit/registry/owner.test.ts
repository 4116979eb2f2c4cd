import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { isProvablyDead, OWNER_NAME } from '../../../src/registry/owner.js';

describe('the owner of what lies in a cache', () => {
  const [place, pid, start] = OWNER_NAME.split('-') as [string, string, string];
  const elsewhere = 'f'.repeat(12);
  const gone = (): number => spawnSync(process.execPath, ['--version']).pid;

  it('is dead when its process here is gone', () => {
    expect(isProvablyDead(`${place}-${gone()}-${start}`)).to.equal(true);
  });

  it('is dead when it is a former process with this pid, as pid 1 of a restarted container', () => {
    expect(isProvablyDead(`${place}-${pid}-00000000`)).to.equal(true);
  });

  it('is alive when it is this process, or another here', () => {
    expect(isProvablyDead(OWNER_NAME)).to.equal(false);
    expect(isProvablyDead(`${place}-${process.ppid}-00000000`)).to.equal(false);
  });

  it('may be alive when it is on another host, whatever its pid', () => {
    expect(isProvablyDead(`${elsewhere}-${pid}-00000000`)).to.equal(false);
    expect(isProvablyDead(`${elsewhere}-${gone()}-00000000`)).to.equal(false);
  });

  it('may be alive when it has another name than we give', () => {
    for (const name of ['', 'lost+found', '12345', `${place}-x-${start}`]) {
      expect(isProvablyDead(name), name).to.equal(false);
    }
  });
});
