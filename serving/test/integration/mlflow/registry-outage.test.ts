import { expect } from 'chai';
import { EXIT } from '../../../src/cli/exit-codes.js';
import { RegistryError } from '../../../src/registry/model-registry.js';
import { servingCli } from '../../support/command.js';
import { eventually } from '../../support/eventually.js';
import { useRealRegistry } from '../../support/real-registry.js';
import { rejection } from '../../support/rejection.js';
import { TierUnderTest } from '../../support/tier-under-test.js';

const ROW = [40, 1, 0.25];

describe('when MLflow dies', function () {
  this.timeout(120_000);

  const real = useRealRegistry();
  const MODEL = 'orphaned';

  it('keeps answering, and answers after a restart too', async () => {
    const { version, digest } = await real.register(MODEL, 'tensorA', { alias: 'champion' });
    const env = {
      MLFLOW_TRACKING_URI: real.trackingUri,
      MODEL_NAME: MODEL,
      POLL_INTERVAL_SECONDS: '1',
    };
    const first = await TierUnderTest.startReady(undefined, env);
    await real.server.kill();
    await eventually(async () => {
      expect((await first.status()).registry.reachable).to.equal(false);
    });
    expect((await first.predict([ROW])).status).to.equal(200);
    expect(await first.status()).to.deep.include({ ready: true, serving_from: 'registry' });
    await first.stop();

    const second = await TierUnderTest.startReady(undefined, {
      ...env,
      ARTIFACT_CACHE_DIR: first.cacheDirectory,
    });
    try {
      expect(await second.status()).to.deep.include({ ready: true, serving_from: 'last_known_good' });
      const answer = await second.predict([ROW]);
      expect(answer.status).to.equal(200);
      expect(answer.headers).to.include({ 'x-model-version': version, 'x-model-digest': digest });
      expect(second.log.errors).to.deep.equal([]);
    } finally {
      await second.stop();
    }
  });

  it('is unreachable to the adapter and to the command line', async () => {
    const error = await rejection(real.registry.getModelVersionByAlias(MODEL, 'champion'), RegistryError);
    expect(error.kind).to.equal('unreachable');
    const { exitCode, stderr } = await servingCli(['bless', '--model', MODEL, '--version', '1', '--json'], {
      MLFLOW_TRACKING_URI: real.trackingUri,
    });
    expect(exitCode, stderr).to.equal(EXIT.registryUnreachable);
  });
});
