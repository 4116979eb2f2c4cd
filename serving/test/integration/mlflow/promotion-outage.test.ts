import { expect } from 'chai';
import { EXIT } from '../../../src/cli/exit-codes.js';
import type { History } from '../../../src/cli/history.js';
import type { PromoteResult } from '../../../src/promotion/promote.js';
import { servingCli, type CommandResult } from '../../support/command.js';
import { CuttingProxy, type Cut } from '../../support/cutting-proxy.js';
import { MLFLOW_TIMEOUT_MS } from '../../support/mlflow-server.js';
import { useRealRegistry } from '../../support/real-registry.js';

describe('a registry that dies during a promotion', function () {
  this.timeout(MLFLOW_TIMEOUT_MS + 60_000);
  const real = useRealRegistry();

  async function blessed(model: string): Promise<string> {
    const { version, digest } = await real.register(model);
    await real.registry.setModelVersionTag(model, version, 'blessing_digest', digest);
    await real.registry.setModelVersionTag(model, version, 'blessing', 'blessed');
    return version;
  }

  function promote(model: string, version: string, trackingUri: string): Promise<CommandResult> {
    const what = ['--model', model, '--version', version, '--expect-champion', 'none'];
    const why = ['--by', 'ci', '--reason', 'release 12', '--json'];
    return servingCli(['promote', ...what, ...why], { MLFLOW_TRACKING_URI: trackingUri });
  }

  async function promoteIntoCut(model: string, version: string, cut: Cut): Promise<void> {
    const proxy = await CuttingProxy.start(real.trackingUri, cut);
    try {
      const { exitCode, stderr } = await promote(model, version, proxy.uri);
      expect(proxy.isCut).to.equal(true);
      expect(exitCode, stderr).to.equal(EXIT.registryUnreachable);
    } finally {
      await proxy.close();
    }
  }

  async function history(model: string): Promise<History> {
    const { exitCode, stdout, stderr } = await servingCli(['history', '--model', model, '--json'], {
      MLFLOW_TRACKING_URI: real.trackingUri,
    });
    expect(exitCode, stderr).to.equal(EXIT.ok);
    return JSON.parse(stdout) as History;
  }

  async function expectOneMove(model: string, version: string): Promise<void> {
    const { champion, standing, moves } = await history(model);
    expect([champion, standing]).to.deep.equal([version, 'at-rest']);
    expect(moves.map(({ from, to, by, reason }) => ({ from, to, by, reason }))).to.deep.equal([
      { from: 'none', to: version, by: 'ci', reason: 'release 12' },
    ]);
  }

  it('between the line of the history and the alias: the same command finishes the move when it is back', async () => {
    const model = 'dies-before-alias';
    const version = await blessed(model);
    const cut = { method: 'POST', pathEnd: '/registered-models/alias', when: 'before' } as const;
    await promoteIntoCut(model, version, { ...cut, also: () => real.server.kill() });
    await real.server.ensureRunning();
    const between = await history(model);
    expect([between.champion, between.standing]).to.deep.equal(['none', 'unfinished']);

    const { exitCode, stdout, stderr } = await promote(model, version, real.trackingUri);
    expect(exitCode, stderr).to.equal(EXIT.ok);
    const { previous, notes } = JSON.parse(stdout) as PromoteResult;
    expect(previous).to.equal(version);
    expect(notes.join()).to.include('finished what ci had begun');
    await expectOneMove(model, version);
  });

  it('between the alias and the mark: champion is moved, and the same command says so', async () => {
    const model = 'dies-after-alias';
    const version = await blessed(model);
    await promoteIntoCut(model, version, {
      method: 'POST',
      pathEnd: '/registered-models/alias',
      when: 'after',
    });
    expect((await history(model)).champion).to.equal(version);

    const { exitCode, stderr } = await promote(model, version, real.trackingUri);
    expect(exitCode, stderr).to.equal(EXIT.ok);
    await expectOneMove(model, version);
  });

  it('before the line of the history: nothing has happened', async () => {
    const model = 'dies-before-line';
    const version = await blessed(model);
    await promoteIntoCut(model, version, {
      method: 'POST',
      pathEnd: '/runs/log-parameter',
      when: 'before',
    });
    const nothing = await history(model);
    expect([nothing.champion, nothing.moves]).to.deep.equal(['none', []]);

    const { exitCode, stderr } = await promote(model, version, real.trackingUri);
    expect(exitCode, stderr).to.equal(EXIT.ok);
    await expectOneMove(model, version);
  });
});
