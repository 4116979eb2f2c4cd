import { expect } from 'chai';
import { CommandFailure, runCommand } from '../../../../local/cluster/child-command.js';
import { PlatformFailure } from '../../../../local/failure.js';
import { rejection } from '../../../support/rejection.js';

const node = (script: string) => [process.execPath, ['-e', script]] as const;

describe('a program that is run to its end', () => {
  it('reads what it is given, and is heard', async () => {
    const printed = await runCommand(...node('process.stdin.pipe(process.stdout)'), { input: 'applied' });
    expect(printed).to.equal('applied');
  });

  it('says by its code and its complaint that it failed', async () => {
    const script =
      'process.stdout.write("half"); console.error("first\\nno such release"); process.exitCode = 3';
    const failure = await rejection(runCommand(...node(script)), CommandFailure);
    expect(failure).to.include({ exitCode: 3, stdout: 'half' });
    expect(failure.message).to.match(/failed: first \| no such release$/);
  });

  it('is ended when its time is over', async () => {
    const failure = await rejection(
      runCommand(...node('setInterval(() => {}, 1000)'), { timeoutMs: 100 }),
      CommandFailure,
    );
    expect(failure.message).to.match(/did not end within 0\.1 s$/);
  });

  it('may end before it has read everything', async () => {
    const input = 'x'.repeat(4 * 1024 ** 2);
    expect(await runCommand(...node('process.exit(0)'), { input })).to.equal('');
  });

  it('must be there', async () => {
    const failure = await rejection(runCommand('no-such-program-anywhere', []), PlatformFailure);
    expect(failure.message).to.include('no-such-program-anywhere');
  });
});
