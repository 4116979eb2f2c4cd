import { expect } from 'chai';
import { EXIT } from '../../../src/cli/exit-codes.js';
import type { History } from '../../../src/cli/history.js';
import type { Verification } from '../../../src/cli/verify.js';
import { servingCli, type CommandResult } from '../../support/command.js';
import type { RegisteredVersion } from '../../support/model-registrar.js';
import { useRealRegistry } from '../../support/real-registry.js';
import { TierUnderTest } from '../../support/tier-under-test.js';

const ROW = [40, 1, 0.25];
const WHO = ['--by', 'ci', '--reason', 'pipeline 77'];

describe('the command line, with a real MLflow', function () {
  this.timeout(120_000);

  const real = useRealRegistry();
  const MODEL = 'promoted';
  let good: RegisteredVersion;
  let better: RegisteredVersion;
  let broken: RegisteredVersion;

  before(async () => {
    good = await real.register(MODEL, 'tensorA');
    better = await real.register(MODEL, 'tensorB');
    broken = await real.register(MODEL, 'tensorB', { break: 'golden' });
  });

  function cli(...args: string[]): Promise<CommandResult> {
    return servingCli([...args, '--json'], { MLFLOW_TRACKING_URI: real.trackingUri });
  }

  function bless(version: string): Promise<CommandResult> {
    return cli('bless', '--model', MODEL, '--version', version);
  }

  function promote(version: string, expected: string, ...more: string[]): Promise<CommandResult> {
    const options = ['--model', MODEL, '--version', version, '--expect-champion', expected];
    return cli('promote', ...options, ...more);
  }

  async function championVersion(): Promise<string | undefined> {
    return (await real.registry.getRegisteredModel(MODEL)).aliases.get('champion');
  }

  it('promotes nothing that is not blessed', async () => {
    const { exitCode, stderr } = await promote(good.version, 'none');
    expect(exitCode, stderr).to.equal(EXIT.refused);
    expect(stderr).to.include('no blessing');
    expect(await championVersion()).to.equal(undefined);
  });

  it('blesses a good package and refuses a broken one, on stdout and in the registry', async () => {
    const [blessed, alsoBlessed, refused] = await Promise.all([
      bless(good.version),
      bless(better.version),
      bless(broken.version),
    ]);
    expect([blessed.exitCode, alsoBlessed.exitCode], blessed.stderr).to.deep.equal([EXIT.ok, EXIT.ok]);
    expect(JSON.parse(blessed.stdout)).to.include({ blessed: true, digest: good.digest, code: 'OK' });
    expect(refused.exitCode).to.equal(EXIT.refused);
    expect(JSON.parse(refused.stdout)).to.include({ blessed: false, code: 'GOLDEN_MISMATCH' });

    const tags = (await real.registry.getModelVersion(MODEL, good.version)).tags;
    expect(tags.get('blessing')).to.equal('blessed');
    expect(tags.get('blessing_digest')).to.equal(good.digest);
    const refusal = (await real.registry.getModelVersion(MODEL, broken.version)).tags;
    expect(refusal.get('blessing')).to.equal('refused');
    expect(refusal.get('blessing_reason')).to.include('golden row 0');
  });

  it('promotes, waits for the fleet, and can be called again', async () => {
    const running = await TierUnderTest.start(undefined, {
      MLFLOW_TRACKING_URI: real.trackingUri,
      MODEL_NAME: MODEL,
      POLL_INTERVAL_SECONDS: '1',
    });
    try {
      const replicas = `http://127.0.0.1:${running.tier.managementPort}`;
      const wait = ['--wait', '--replicas', replicas, '--timeout-seconds', '15'];
      const first = await promote(good.version, 'none', ...wait);
      expect(first.exitCode, first.stderr).to.equal(EXIT.ok);
      expect(JSON.parse(first.stdout)).to.deep.equal({
        promoted: true,
        model: MODEL,
        version: good.version,
        digest: good.digest,
        previous: 'none',
        replicas: 1,
        move: 1,
        forced: false,
        notes: [],
      });
      expect((await running.status()).available?.version).to.equal(good.version);

      const [again, late] = await Promise.all([
        promote(good.version, 'none', ...wait),
        promote(better.version, 'none'),
      ]);
      expect(again.exitCode, again.stderr).to.equal(EXIT.ok);
      expect(JSON.parse(again.stdout)).to.include({ previous: good.version });
      expect(late.exitCode, late.stderr).to.equal(EXIT.conflict);

      const second = await promote(better.version, good.version, ...wait, ...WHO);
      expect(second.exitCode, second.stderr).to.equal(EXIT.ok);
      const answer = await running.predict([ROW]);
      expect(answer.headers['x-model-version']).to.equal(better.version);
    } finally {
      await running.stop();
    }
  });

  it('shows who moved champion, when, why, and that every replica served it', async () => {
    const { exitCode, stdout, stderr } = await cli('history', '--model', MODEL);
    expect(exitCode, stderr).to.equal(EXIT.ok);
    const { champion, standing, moves } = JSON.parse(stdout) as History;
    expect([champion, standing]).to.deep.equal([better.version, 'at-rest']);
    expect(moves.map(({ action, from, to }) => `${action} ${from} -> ${to}`)).to.deep.equal([
      `promote ${good.version} -> ${better.version}`,
      `promote none -> ${good.version}`,
    ]);
    expect(moves[0]).to.include({ by: 'ci', reason: 'pipeline 77', digest: better.digest });
    expect(moves.map(({ served }) => served?.replicas)).to.deep.equal([1, 1]);
  });

  it('rolls back to the version that every replica served', async () => {
    const { exitCode, stdout, stderr } = await cli(
      ...['rollback', '--model', MODEL, '--reason', 'incident 5', '--expect-champion', better.version],
    );
    expect(exitCode, stderr).to.equal(EXIT.ok);
    expect(JSON.parse(stdout)).to.include({ rolled_back: true, version: good.version, move: 3 });
    expect(await championVersion()).to.equal(good.version);
    const again = await cli('rollback', '--model', MODEL, '--reason', 'incident 5');
    expect(again.exitCode, again.stdout).to.equal(EXIT.refused);
    expect(JSON.parse(again.stdout)).to.include({ code: 'REFUSED', champion: good.version });
    expect(again.stderr).to.include(`version ${better.version}:`).and.include('rolled back from it');
    const forward = await promote(better.version, good.version);
    expect(forward.exitCode, forward.stderr).to.equal(EXIT.ok);
  });

  it('verifies a champion, and says what is wrong with what is none', async () => {
    const [right, wrong] = await Promise.all([
      cli('verify', '--model', MODEL, '--version', better.version),
      cli('verify', '--model', MODEL, '--version', broken.version),
    ]);
    expect(right.exitCode, right.stdout).to.equal(EXIT.ok);
    expect(JSON.parse(right.stdout)).to.include({ verified: true, is_champion: true });
    expect(wrong.exitCode, wrong.stdout).to.equal(EXIT.refused);
    const { checks } = JSON.parse(wrong.stdout) as Verification;
    expect(checks.map(({ check, verdict }) => `${verdict} ${check}`)).to.deep.equal([
      'failed package',
      'failed blessing',
      'skipped signature',
      'skipped history',
    ]);
  });

  it('says that a replica does not serve the promoted version in time', async () => {
    const idle = await TierUnderTest.start(undefined, {
      MLFLOW_TRACKING_URI: real.trackingUri,
      MODEL_NAME: 'another-model',
    });
    try {
      const replicas = `http://127.0.0.1:${idle.tier.managementPort}`;
      const wait = ['--wait', '--replicas', replicas, '--timeout-seconds', '0.2'];
      const { exitCode, stderr } = await promote(better.version, good.version, ...wait);
      expect(exitCode, stderr).to.equal(EXIT.fleetDisagrees);
      expect(stderr).to.include(replicas);
    } finally {
      await idle.stop();
    }
  });
});
