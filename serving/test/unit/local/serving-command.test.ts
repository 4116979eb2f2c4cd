import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { PlatformFailure } from '../../../local/failure.js';
import { runServingCommand, ServingCommand } from '../../../local/serving-command.js';
import { readSettings } from '../../../local/settings.js';
import { rejection } from '../../support/rejection.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

describe('a command of the tier', () => {
  const settingsWith = (script: string) => {
    const servingCli = path.join(temporaryDirectory(), 'cli.mjs');
    writeFileSync(servingCli, script);
    return { ...readSettings({}), servingCli };
  };

  it('tells its lines as they come, its answer, and how it ended', async () => {
    const settings = settingsWith(
      `console.error('one\\ntwo'); console.log(process.argv[2], process.env.MLFLOW_TRACKING_URI); process.exitCode = 12;`,
    );
    const lines: string[] = [];
    const end = await new ServingCommand(settings, ['rollout'], (line) => lines.push(line)).ended;
    expect(lines).to.deep.equal(['one', 'two']);
    expect(end).to.deep.equal({
      code: 12,
      stdout: `rollout ${settings.urls.mlflow}\n`,
      stderr: 'one\ntwo',
    });
  });

  it('can be killed, and is then no more', async () => {
    const command = new ServingCommand(settingsWith('setInterval(() => 0, 1000);'), []);
    expect(command.isRunning).to.equal(true);
    await command.kill();
    expect(command.isRunning).to.equal(false);
    expect((await command.ended).code).to.equal(null);
    await command.kill();
  });

  it('says why it did not do what was wanted', async () => {
    const settings = settingsWith(`console.error('quarantined'); process.exitCode = 3;`);
    const error = await rejection(runServingCommand(settings, 'promote'), PlatformFailure);
    expect(error.message).to.include('promote ended with 3: quarantined');
  });
});
