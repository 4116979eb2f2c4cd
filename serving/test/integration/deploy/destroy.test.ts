import { expect } from 'chai';
import { startNode, type CommandResult } from '../../support/command.js';
import { StandIns } from '../../support/stand-ins.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { outputsFile } from '../../support/terraform-outputs.js';
import { SERVING_ROOT } from '../../support/training-environment.js';

const TIMEOUT_MS = 120_000;
const RELEASES = '[{"name": "platform", "namespace": "retraining", "chart": "platform-0.1.0"}]';

describe('a destruction', function () {
  this.timeout(TIMEOUT_MS);
  let programs: StandIns;

  beforeEach(() => {
    programs = new StandIns();
    programs.add('terraform', `[[ "$*" != *output* ]] || cat '${outputsFile('dev')}'`);
    programs.add('helm', `[[ "$*" != *list* ]] || echo '${RELEASES}'`);
    programs.add('kubectl', `[[ "$*" != *' -o json' ]] || echo '{"items": []}'`);
  });

  function destroy(env: Readonly<Record<string, string>>): Promise<CommandResult> {
    return startNode(SERVING_ROOT, ['--import', 'tsx', 'local/main.ts', 'destroy'], {
      PATH: `${programs.path}:${process.env['PATH']}`,
      PLATFORM_STATE_DIR: temporaryDirectory(),
      ...env,
    }).result;
  }

  function destroyed(): readonly string[] {
    return programs.calls.filter((call) => /uninstall|delete|destroy/.test(call));
  }

  it('shows what goes, and does nothing without the name of what may go', async () => {
    const { exitCode, stdout, stderr } = await destroy({ ENV: 'dev', CONFIRM: 'prod' });
    expect(exitCode).to.equal(1);
    expect(stdout).to.include('release retraining/platform (platform-0.1.0)');
    expect(stderr).to.include('Nothing was destroyed').and.include('CONFIRM=dev');
    expect(destroyed()).to.deep.equal([]);
  });

  it('of dev uninstalls first, then destroys', async () => {
    const { exitCode, stderr } = await destroy({ ENV: 'dev', CONFIRM: 'dev' });
    expect(exitCode, stderr).to.equal(0);
    expect(destroyed()[0]).to.match(/^helm -n retraining uninstall platform/);
    expect(destroyed().at(-1)).to.match(/^terraform -chdir=\S+ destroy/);
  });

  it('does not destroy the network below a load balancer that is still there', async () => {
    const left =
      '{"items": [{"metadata": {"name": "out", "namespace": "a"}, "spec": {"type": "LoadBalancer"}}]}';
    programs.add('kubectl', `[[ "$*" != *' -o json' ]] || echo '${left}'`);
    const { exitCode, stderr } = await destroy({ ENV: 'dev', CONFIRM: 'dev' });
    expect(exitCode).to.equal(1);
    expect(stderr).to.include('a/out');
    expect(programs.calls.some((call) => call.includes(' destroy'))).to.equal(false);
  });

  it('of anything else is refused, with the reason and the guards', async () => {
    const { exitCode, stderr } = await destroy({ ENV: 'prod', CONFIRM: 'prod' });
    expect(exitCode).to.equal(1);
    expect(stderr).to.include('prevent_destroy').and.include('data-stays.tf');
    expect(programs.calls).to.deep.equal([]);
  });
});
