import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { EXIT } from '../../src/cli/exit-codes.js';
import type { LoadErrorCode } from '../../src/errors.js';
import { MlflowRegistry } from '../../src/registry/mlflow-registry.js';
import { RegistryError } from '../../src/registry/model-registry.js';
import { servingCli, type CommandResult } from '../support/command.js';
import { eventually } from '../support/eventually.js';
import { expectGolden } from '../support/golden-answers.js';
import { httpRequest, type HttpAnswer } from '../support/http-request.js';
import { sampleOf } from '../support/metric-samples.js';
import { MLFLOW_TIMEOUT_MS, MlflowServer } from '../support/mlflow-server.js';
import { PACKAGES_TIMEOUT_MS, realPackages, type RealPackages } from '../support/model-packages.js';
import { ModelRegistrar, type Break, type RegisteredVersion } from '../support/model-registrar.js';
import { awayFromThePoll } from '../support/poll-clock.js';
import { rejection } from '../support/rejection.js';
import { TierUnderTest, type Predictions } from '../support/tier-under-test.js';

const SECRET = 'a-webhook-secret-of-tests';
const ADMIN_TOKEN = 'an-admin-token-of-tests';
const ROW = [40, 1, 0.25];

interface Registry {
  readonly server: MlflowServer;
  readonly registrar: ModelRegistrar;
  /** Resolves when both can be used. */
  readonly ready: Promise<unknown>;
}

// Both take seconds to start: they do so while tests that need neither run, but after the packages are written,
// which others wait for.
let starting: Promise<Registry> | undefined;
before(() => {
  starting = realPackages()
    .then(() => MlflowServer.create())
    .then((server) => {
      const registrar = ModelRegistrar.start(server.trackingUri);
      return { server, registrar, ready: Promise.all([server.start(), registrar.ready]) };
    });
  starting
    .then(({ ready }) => ready)
    .catch(() => {
      // Who waits for it gets the error.
    });
});

describe('with a real MLflow', function () {
  this.timeout(20_000);

  let mlflow: MlflowServer;
  let registrar: ModelRegistrar;
  let packages: RealPackages;
  let registry: MlflowRegistry;

  before(async function () {
    this.timeout(MLFLOW_TIMEOUT_MS + PACKAGES_TIMEOUT_MS);
    const started = await starting!;
    mlflow = started.server;
    registrar = started.registrar;
    packages = await realPackages();
    await started.ready;
    registry = new MlflowRegistry({ trackingUri: mlflow.trackingUri, timeoutMs: 5_000 });
  });

  after(async () => {
    registrar.stop();
    await mlflow.kill();
  });

  function register(
    model: string,
    source: keyof RealPackages = 'tensorA',
    options: { alias?: string; break?: Break } = {},
  ): Promise<RegisteredVersion> {
    return registrar.register({ package: packages[source].directory, model, ...options });
  }

  function api(path: string, body: unknown): Promise<HttpAnswer> {
    return httpRequest({
      port: Number(new URL(mlflow.trackingUri).port),
      path: `/api/2.0/mlflow${path}`,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  describe('the registry adapter', () => {
    const MODEL = 'adapter.model';
    let first: RegisteredVersion;

    before(async () => {
      first = await register(MODEL, 'tensorA', { alias: 'champion' });
    });

    it('reads a version by its alias, with the tags that the training side wrote', async () => {
      const found = await registry.getModelVersionByAlias(MODEL, 'champion');
      expect([found.name, found.version]).to.deep.equal([MODEL, first.version]);
      expect(found.runId).to.match(/^[0-9a-f]{32}$/);
      expect(found.tags.get('package_digest')).to.equal(first.digest);
      expect(await registry.getModelVersion(MODEL, first.version)).to.deep.equal(found);
    });

    it('moves aliases, and reads where they all point', async () => {
      const { version } = await register(MODEL, 'tensorB');
      await registry.setRegisteredModelAlias(MODEL, 'challenger', version);
      expect((await registry.getRegisteredModel(MODEL)).aliases).to.deep.equal(
        new Map([
          ['champion', first.version],
          ['challenger', version],
        ]),
      );
      await registry.setRegisteredModelAlias(MODEL, 'challenger', first.version);
      expect((await registry.getModelVersionByAlias(MODEL, 'challenger')).version).to.equal(first.version);
    });

    it('writes tags, and writes over them', async () => {
      for (const value of ['refused', 'blessed — отпуск "quoted"\nline']) {
        await registry.setModelVersionTag(MODEL, first.version, 'blessing', value);
        expect((await registry.getModelVersion(MODEL, first.version)).tags.get('blessing')).to.equal(value);
      }
    });

    it('reads the files of a version through the tracking server', async () => {
      const uri = await registry.getDownloadUriForModelVersionArtifacts(MODEL, first.version);
      const manifest = JSON.parse(await text(await registry.openArtifact(uri, 'manifest.json'))) as object;
      expect(manifest).to.include({ model_name: MODEL, contract_version: 1 });
    });

    it('reads files whose names are no URLs', async () => {
      const uri = await registry.getDownloadUriForModelVersionArtifacts(MODEL, first.version);
      const root = uri.replace(/^mlflow-artifacts:\/+/, '');
      for (const name of ['with space.txt', 'plots/a+b&c.txt', 'отпуск.txt']) {
        const path = `/api/2.0/mlflow-artifacts/artifacts/${[...root.split('/'), ...name.split('/')].map(encodeURIComponent).join('/')}`;
        const port = Number(new URL(mlflow.trackingUri).port);
        const put = await httpRequest({ port, path, method: 'PUT', body: `content of ${name}` });
        expect(put.status, put.text).to.equal(200);
        expect(await text(await registry.openArtifact(uri, name))).to.equal(`content of ${name}`);
      }
    });

    const missing: Record<string, () => Promise<unknown>> = {
      'an alias that is not set': () => registry.getModelVersionByAlias(MODEL, 'nobody'),
      'an alias of a model that is not there': () => registry.getModelVersionByAlias('nobody', 'champion'),
      'a model that is not there': () => registry.getRegisteredModel('nobody'),
      'a version that is not there': () => registry.getModelVersion(MODEL, '99'),
      'an alias to a version that is not there': () => registry.setRegisteredModelAlias(MODEL, 'x', '99'),
      'a tag of a version that is not there': () => registry.setModelVersionTag(MODEL, '99', 'k', 'v'),
      'the files of a version that is not there': () =>
        registry.getDownloadUriForModelVersionArtifacts(MODEL, '99'),
    };
    for (const [what, ask] of Object.entries(missing)) {
      it(`says not-found for ${what}`, async () => {
        expect((await rejection(ask(), RegistryError)).kind).to.equal('not-found');
      });
    }

    it('says that MLflow gives no alias that is not set the status 400, which alone would not tell', async () => {
      const path = `/api/2.0/mlflow/registered-models/alias?name=${MODEL}&alias=nobody`;
      const port = Number(new URL(mlflow.trackingUri).port);
      expect((await httpRequest({ port, path })).status).to.equal(400);
    });

    it('fails to open a file that is not there', async () => {
      const uri = await registry.getDownloadUriForModelVersionArtifacts(MODEL, first.version);
      await rejection(registry.openArtifact(uri, 'nowhere.onnx'), RegistryError);
    });

    it('says rejected for what MLflow refuses', async () => {
      const asking = registry.setRegisteredModelAlias(MODEL, 'not an alias!', first.version);
      expect((await rejection(asking, RegistryError)).kind).to.equal('rejected');
    });
  });

  describe('a tier', () => {
    const MODEL = 'served';
    let running: TierUnderTest;
    let champion: RegisteredVersion;

    before(async () => {
      champion = await register(MODEL, 'tensorA', { alias: 'champion' });
    });

    beforeEach(async () => {
      await registry.setRegisteredModelAlias(MODEL, 'champion', champion.version);
      running = await TierUnderTest.startReady(undefined, {
        MLFLOW_TRACKING_URI: mlflow.trackingUri,
        MODEL_NAME: MODEL,
        MLFLOW_WEBHOOK_SECRET: SECRET,
        ADMIN_TOKEN,
      });
    });

    afterEach(() => running.stop());

    async function reload(): Promise<void> {
      const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
      await running.manage('/admin/reload', { method: 'POST', headers });
    }

    it('serves what the training side registered, and answers as it did', async () => {
      const answer = await running.predict(packages.tensorA.manifest.golden.rows);
      expectGolden((answer.json as Predictions).predictions, packages.tensorA.manifest);
      expect(answer.headers).to.include({
        'x-model-version': champion.version,
        'x-model-digest': champion.digest,
      });
    });

    it('is hurried by the webhook that MLflow sends when the alias moves', async () => {
      const created = await api('/webhooks', {
        name: 'serving',
        url: `http://127.0.0.1:${running.tier.managementPort}/webhooks/mlflow`,
        events: [{ entity: 'MODEL_VERSION_ALIAS', action: 'CREATED' }],
        secret: SECRET,
      });
      expect(created.status, created.text).to.equal(200);
      const successor = await register(MODEL, 'tensorB');
      await awayFromThePoll(4);
      await registry.setRegisteredModelAlias(MODEL, 'champion', successor.version);
      await running.serves(successor.version, 4_000);
      expect(running.log.errors).to.deep.equal([]);
    });

    it('does not believe a webhook that is signed with another secret', async () => {
      let answered: number | undefined;
      // In between, so that the answer to MLflow is seen.
      const between: Server = createServer((incoming, outgoing) => {
        void text(incoming).then(async (body) => {
          const headers = Object.fromEntries(
            Object.entries(incoming.headers).flatMap(([key, value]) =>
              typeof value === 'string' ? [[key, value]] : [],
            ),
          );
          const answer = await running.manage('/webhooks/mlflow', { method: 'POST', body, headers });
          answered = answer.status;
          outgoing.writeHead(200).end();
        });
      });
      await once(between.listen(0, '127.0.0.1'), 'listening');
      try {
        await api('/webhooks', {
          name: 'impostor',
          url: `http://127.0.0.1:${(between.address() as AddressInfo).port}/`,
          events: [{ entity: 'MODEL_VERSION_ALIAS', action: 'CREATED' }],
          secret: 'another-secret-of-tests',
        });
        await registry.setRegisteredModelAlias(MODEL, 'challenger', champion.version);
        await eventually(() => {
          expect(answered).to.equal(401);
        });
      } finally {
        between.closeAllConnections();
        await new Promise((resolve) => between.close(resolve));
      }
    });

    const breaks: readonly (readonly [Break, LoadErrorCode])[] = [
      ['truncated-onnx', 'GRAPH_LOAD_FAILED'],
      ['wrong-digest', 'DIGEST_MISMATCH'],
      ['contract', 'CONTRACT_VIOLATION'],
      ['golden', 'GOLDEN_MISMATCH'],
    ];
    for (const [how, code] of breaks) {
      it(`keeps the champion when the promoted package is broken (${how}), and says ${code}`, async () => {
        const broken = await register(MODEL, 'tensorB', { alias: 'champion', break: how });
        await reload();
        await eventually(async () => {
          expect((await running.status()).last_failure).to.include({ version: broken.version, code });
        });
        const status = await running.status();
        expect(status.available?.version).to.equal(champion.version);
        expect(status).to.include({ ready: true, serving_from: 'registry' });
        expect(status.registry.aliased_version).to.equal(broken.version);
        const labels = { model: MODEL, reason: code };
        expect(sampleOf(await running.metrics(), 'serving_model_load_failures_total', labels)).to.equal(1);
        const answer = await running.predict([ROW]);
        expect([answer.status, answer.headers['x-model-version']]).to.deep.equal([200, champion.version]);
      });
    }
  });

  describe('the command line', () => {
    const MODEL = 'promoted';
    let good: RegisteredVersion;
    let better: RegisteredVersion;
    let broken: RegisteredVersion;

    before(async () => {
      good = await register(MODEL, 'tensorA');
      better = await register(MODEL, 'tensorB');
      broken = await register(MODEL, 'tensorB', { break: 'golden' });
    });

    function cli(...args: string[]): Promise<CommandResult> {
      return servingCli([...args, '--json'], { MLFLOW_TRACKING_URI: mlflow.trackingUri });
    }

    function bless(version: string): Promise<CommandResult> {
      return cli('bless', '--model', MODEL, '--version', version);
    }

    function promote(version: string, expected: string, ...more: string[]): Promise<CommandResult> {
      const options = ['--model', MODEL, '--version', version, '--expect-champion', expected];
      return cli('promote', ...options, ...more);
    }

    async function championVersion(): Promise<string | undefined> {
      return (await registry.getRegisteredModel(MODEL)).aliases.get('champion');
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

      const tags = (await registry.getModelVersion(MODEL, good.version)).tags;
      expect(tags.get('blessing')).to.equal('blessed');
      expect(tags.get('blessing_digest')).to.equal(good.digest);
      const refusal = (await registry.getModelVersion(MODEL, broken.version)).tags;
      expect(refusal.get('blessing')).to.equal('refused');
      expect(refusal.get('blessing_reason')).to.include('golden row 0');
    });

    it('promotes, waits for the fleet, and can be called again', async () => {
      const running = await TierUnderTest.start(undefined, {
        MLFLOW_TRACKING_URI: mlflow.trackingUri,
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
        });
        expect((await running.status()).available?.version).to.equal(good.version);

        const [again, late] = await Promise.all([
          promote(good.version, 'none', ...wait),
          promote(better.version, 'none'),
        ]);
        expect(again.exitCode, again.stderr).to.equal(EXIT.ok);
        expect(JSON.parse(again.stdout)).to.include({ previous: good.version });
        expect(late.exitCode, late.stderr).to.equal(EXIT.conflict);

        const second = await promote(better.version, good.version, ...wait);
        expect(second.exitCode, second.stderr).to.equal(EXIT.ok);
        const answer = await running.predict([ROW]);
        expect(answer.headers['x-model-version']).to.equal(better.version);
      } finally {
        await running.stop();
      }
    });

    it('says that a replica does not serve the promoted version in time', async () => {
      const idle = await TierUnderTest.start(undefined, {
        MLFLOW_TRACKING_URI: mlflow.trackingUri,
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

  // Last: it kills the server.
  describe('when MLflow dies', () => {
    const MODEL = 'orphaned';

    it('keeps answering, and answers after a restart too', async function () {
      this.timeout(30_000);
      const { version, digest } = await register(MODEL, 'tensorA', { alias: 'champion' });
      const env = {
        MLFLOW_TRACKING_URI: mlflow.trackingUri,
        MODEL_NAME: MODEL,
        POLL_INTERVAL_SECONDS: '1',
      };
      const first = await TierUnderTest.startReady(undefined, env);
      await mlflow.kill();
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
      const error = await rejection(registry.getModelVersionByAlias(MODEL, 'champion'), RegistryError);
      expect(error.kind).to.equal('unreachable');
      const { exitCode, stderr } = await servingCli(['bless', '--model', MODEL, '--version', '1', '--json'], {
        MLFLOW_TRACKING_URI: mlflow.trackingUri,
      });
      expect(exitCode, stderr).to.equal(EXIT.registryUnreachable);
    });
  });
});
