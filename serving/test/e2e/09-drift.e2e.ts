import path from 'node:path';
import { expect } from 'chai';
import type { Champion } from '../../local/champion.js';
import { prepareFolder } from '../../local/drift-demo/demo-settings.js';
import { play, type Outcome } from '../../local/drift-demo/play.js';
import { SimulatedBank } from '../../local/drift-demo/simulated-bank.js';
import { Stage } from '../../local/drift-demo/stage.js';
import { startServices } from '../../local/up.js';
import type { LocalPlatform } from '../support/local-platform.js';
import { platform } from './platform.js';

describe('a population that shifts', () => {
  const demo = prepareFolder(path.join(platform.settings.stateDir, 'bank'), platform.settings.projectDir);
  const watched = platform.with(demo.variables);
  let first: Champion;
  let stage: Stage;
  let outcome: Outcome;

  /** Airflow and serving read their settings when they start; the registry stays up. */
  async function restart({ parts }: LocalPlatform): Promise<void> {
    await Promise.all(['airflow', 'serving'].map((name) => parts.processes.stop(name)));
    await startServices(parts);
  }

  before('a warehouse, applicants, and services that look back seconds instead of days', async () => {
    first = await platform.champion();
    const bank = new SimulatedBank(platform.settings, demo.warehouseFile);
    const [calm, shifted] = await Promise.all([
      bank.applicants('calm', 4_000),
      bank.applicants('shifted', 4_000),
      restart(watched),
    ]);
    stage = new Stage({ platform: watched.parts, bank, applicants: { calm, shifted } });
  });

  after('the platform is as it was found', async () => {
    await stage.close();
    const { version } = await platform.champion();
    if (version !== first.version) {
      await platform.cli(
        'promote',
        ...['--model', platform.settings.modelName, '--version', first.version, '--expect-champion', version],
        ...['--wait', '--replicas', platform.settings.urls.management],
      );
    }
    await restart(platform);
  });

  it('is seen, starts a retraining by itself, and is answered by a new version', async () => {
    stage.open();
    outcome = await play(stage);
    await stage.close();

    const [before, after, recovered] = outcome.scenes;
    expect(before.drift.drifted).to.deep.equal([]);
    expect(after.drift.drifted).to.include('BILL_AMT1');
    expect(after.version).to.equal(first.version);
    expect(outcome.run.type).to.equal('asset_triggered');
    expect(outcome.run.cause).to.include({ source: 'drift_detection', version: first.version });
    expect(outcome.run.cause['cause']).to.be.oneOf(['drift', 'quality_loss']);
    expect(recovered.version).to.not.equal(first.version);
    expect(recovered.drift.drifted).to.deep.equal([]);
  });

  it('is judged better by the new version than by the old one, client by client', () => {
    const { before, after } = outcome.sameApplicants;
    expect(before.rows).to.be.greaterThan(1000);
    expect(after.auc).to.be.greaterThan(before.auc! + 0.03);
    expect(after.brier).to.be.lessThan(before.brier);
  });

  it('costs no request', () => {
    expect(outcome.failures).to.deep.equal([]);
    expect(outcome.answered).to.be.greaterThan(4000);
  });
});
