import axios from 'axios';
import { expect } from 'chai';
import { ensureRunning } from '../../local/supervisor.js';
import { waitUntil } from '../../local/wait-until.js';
import { platform } from './platform.js';

describe('without its registry', () => {
  const { settings, parts } = platform;

  after('MLflow is back', async () => {
    await platform.make('up');
    await waitUntil(async () => ((await platform.status()).serving_from === 'registry' ? true : undefined), {
      what: 'serving to follow the registry again',
      timeoutMs: 300_000,
    });
  });

  it('a restarted replica serves the last known good version, and says so', async () => {
    const champion = await platform.champion();
    const { golden } = platform.manifest(platform.packageDir(champion.digest));
    process.kill(-parts.processes.running('mlflow')!.pid, 'SIGKILL');
    await parts.processes.stop('serving');
    await ensureRunning(parts.services().serving, parts.processes, settings.startTimeoutMs);

    await waitUntil(async () => ((await platform.status()).ready ? true : undefined), {
      what: 'the replica to be ready',
      timeoutMs: 300_000,
    });
    const status = await platform.status();
    expect(status.serving_from).to.equal('last_known_good');
    expect(status.available?.version).to.equal(champion.version);

    const answer = await axios.post<{ predictions: { score: number }[] }>(
      `${settings.urls.serving}/predict`,
      {
        instances: [golden.rows[0]],
      },
    );
    expect(answer.headers['x-model-version']).to.equal(champion.version);
    expect(answer.data.predictions[0]?.score).to.be.closeTo(golden.outputs.score[0]!, 1e-5);
  });
});
