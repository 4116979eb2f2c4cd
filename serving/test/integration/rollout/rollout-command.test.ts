import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { EXIT } from '../../../src/cli/exit-codes.js';
import type { Rollouts } from '../../../src/cli/rollouts-table.js';
import { quarantineOf, TRAFFIC_POLICY_TAG } from '../../../src/registry/traffic-tags.js';
import type { Look } from '../../../src/rollout/rollout-controller.js';
import { servingCli, startCommand, type RunningCommand } from '../../support/command.js';
import { eventually } from '../../support/eventually.js';
import { PrometheusUnderTest } from '../../support/prometheus-under-test.js';
import { quickRolloutPlan } from '../../support/quick-rollout-plan.js';
import { useRealRegistry } from '../../support/real-registry.js';
import { SteadyClients } from '../../support/steady-clients.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { TierUnderTest } from '../../support/tier-under-test.js';

const MODEL = 'rolled-out';

describe('a rollout by the command line, with a real MLflow, Prometheus and tier', function () {
  this.timeout(400_000);

  const real = useRealRegistry();
  const plan = join(temporaryDirectory(), 'rollout.yaml');
  let tier: TierUnderTest;
  let prometheus: PrometheusUnderTest;
  let clients: SteadyClients;
  let champion: string;

  before(async function () {
    if (!PrometheusUnderTest.isInstalled()) {
      this.test!.title = 'skipped: no prometheus in MONITORING_TOOLS_DIR';
      this.skip();
    }
    writeFileSync(plan, quickRolloutPlan({ percents: [50, 100] }));
    champion = (await real.register(MODEL, 'tensorA')).version;
    const options = ['--version', champion, '--expect-champion', 'none'];
    await cli('bless', '--version', champion);
    expect((await cli('promote', ...options)).exitCode).to.equal(EXIT.ok);
    tier = await TierUnderTest.startReady(undefined, {
      ...{ MLFLOW_TRACKING_URI: real.trackingUri, MODEL_NAME: MODEL, POLL_INTERVAL_SECONDS: '1' },
    });
    prometheus = await PrometheusUnderTest.scraping(`127.0.0.1:${tier.tier.managementPort}`);
    clients = SteadyClients.start(tier, real.packages.tensorA.manifest.golden.rows);
  });

  after(async () => {
    if (!PrometheusUnderTest.isInstalled()) return;
    await clients.stop();
    await prometheus.stop();
    await tier.stop();
  });

  const env = () => ({ MLFLOW_TRACKING_URI: real.trackingUri });

  function cli(command: string, ...args: string[]) {
    return servingCli([command, '--model', MODEL, ...args, '--json'], env());
  }

  function rollout(version: string): RunningCommand {
    const replicas = `http://127.0.0.1:${tier.tier.managementPort}`;
    const options = ['--prometheus', prometheus.url, '--replicas', replicas, '--plan', plan];
    const args = ['rollout', '--model', MODEL, '--version', version, ...options];
    return startCommand('src/cli/main.ts', [...args, '--interval-seconds', '0.5', '--json'], env());
  }

  async function decisions(): Promise<string[]> {
    const { rollouts } = JSON.parse((await cli('rollouts', '--limit', '1')).stdout) as Rollouts;
    return rollouts[0]!.lines
      .filter(({ decision }) => decision !== 'pause' && decision !== 'resume')
      .map(({ decision, phase, percent }) => `${decision} ${phase} ${percent ?? ''}`.trim());
  }

  it('ends one that decides otherwise in the shadow, before any client depends on it', async () => {
    const { version, digest } = await real.register(MODEL, 'tensorB');
    await cli('bless', '--version', version);
    const { exitCode, stdout, stderr } = await rollout(version).result;
    expect(exitCode, stderr).to.equal(EXIT.rolloutAborted);
    const look = JSON.parse(stdout) as Look;
    expect(look).to.include({ state: 'aborted', phase: 'shadow', decision: 'abort' });
    const { tags, aliases } = await real.registry.getRegisteredModel(MODEL);
    expect(tags.has(TRAFFIC_POLICY_TAG)).to.equal(false);
    expect(['label_flips', 'score_shift']).to.include(quarantineOf(tags, digest)?.cause);
    expect(aliases.get('champion')).to.equal(champion);
    const refused = await cli('promote', '--version', version, '--expect-champion', champion, '--force', '--reason', 'x');
    expect(refused.exitCode).to.equal(EXIT.refused);
    expect(refused.stderr).to.include('its bytes are in quarantine');
  }); // prettier-ignore

  it('takes one that is as good to champion and through baking, though its command is killed on the way', async () => {
    const { version } = await real.register(MODEL, 'tensorA');
    await cli('bless', '--version', version);
    const killed = rollout(version);
    await eventually(async () => {
      const { tags } = await real.registry.getRegisteredModel(MODEL);
      expect(tags.get(TRAFFIC_POLICY_TAG)).to.include('canary');
    }, 120_000);
    killed.child.kill('SIGKILL');
    await killed.result;

    const { exitCode, stdout, stderr } = await rollout(version).result;
    expect(exitCode, stderr).to.equal(EXIT.ok);
    expect(JSON.parse(stdout)).to.include({ state: 'completed', version, champion });
    expect(await decisions()).to.deep.equal([
      'begin shadow 100',
      'advance canary 50',
      'advance canary 100',
      'promote baking',
      'complete baking',
    ]);
    const { tags, aliases } = await real.registry.getRegisteredModel(MODEL);
    expect(aliases.get('champion')).to.equal(version);
    expect(tags.has(TRAFFIC_POLICY_TAG)).to.equal(false);
    expect((await tier.status()).available?.version).to.equal(version);
    expect(await clients.stop(), 'requests that failed').to.equal(0);
  });
});
