import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { RegistryError } from '../../../src/registry/model-registry.js';
import {
  quarantinesIn,
  quarantineTag,
  TRAFFIC_POLICY_TAG,
  writeQuarantine,
  writeTrafficPolicy,
  type Quarantine,
} from '../../../src/registry/traffic-tags.js';
import { httpRequest } from '../../support/http-request.js';
import type { RegisteredVersion } from '../../support/model-registrar.js';
import { useRealRegistry } from '../../support/real-registry.js';
import { rejection } from '../../support/rejection.js';

describe('the registry adapter, with a real MLflow', function () {
  this.timeout(120_000);

  const real = useRealRegistry();
  const MODEL = 'adapter.model';
  let first: RegisteredVersion;

  before(async () => {
    first = await real.register(MODEL, 'tensorA', { alias: 'champion' });
  });

  it('reads a version by its alias, with the tags that the training side wrote', async () => {
    const found = await real.registry.getModelVersionByAlias(MODEL, 'champion');
    expect([found.name, found.version]).to.deep.equal([MODEL, first.version]);
    expect(found.runId).to.match(/^[0-9a-f]{32}$/);
    expect(found.tags.get('package_digest')).to.equal(first.digest);
    expect(await real.registry.getModelVersion(MODEL, first.version)).to.deep.equal(found);
  });

  it('moves aliases, and reads where they all point', async () => {
    const { version } = await real.register(MODEL, 'tensorB');
    await real.registry.setRegisteredModelAlias(MODEL, 'challenger', version);
    expect((await real.registry.getRegisteredModel(MODEL)).aliases).to.deep.equal(
      new Map([
        ['champion', first.version],
        ['challenger', version],
      ]),
    );
    await real.registry.setRegisteredModelAlias(MODEL, 'challenger', first.version);
    expect((await real.registry.getModelVersionByAlias(MODEL, 'challenger')).version).to.equal(first.version);
  });

  it('writes tags, and writes over them', async () => {
    for (const value of ['refused', 'blessed — отпуск "quoted"\nline']) {
      await real.registry.setModelVersionTag(MODEL, first.version, 'blessing', value);
      expect((await real.registry.getModelVersion(MODEL, first.version)).tags.get('blessing')).to.equal(
        value,
      );
    }
  });

  it('writes, reads and deletes tags of a model, those of a traffic policy and a quarantine included', async () => {
    const policy = writeTrafficPolicy({ canary: { version: first.version, percent: 12.5 } });
    const quarantine: Quarantine = {
      version: first.version,
      digest: first.digest,
      at: '2026-01-02T03:04:05.000Z',
      by: 'rollout',
      reason: 'отказы: 5 % "of all" requests',
      cause: 'errors',
    };
    const tagsOf = async () => (await real.registry.getRegisteredModel(MODEL)).tags;
    for (const value of ['{}', policy])
      await real.registry.setRegisteredModelTag(MODEL, TRAFFIC_POLICY_TAG, value);
    await real.registry.setRegisteredModelTag(
      MODEL,
      quarantineTag(first.digest),
      writeQuarantine(quarantine),
    );
    expect((await tagsOf()).get(TRAFFIC_POLICY_TAG)).to.equal(policy);
    expect(quarantinesIn(await tagsOf())).to.deep.equal([quarantine]);

    // Twice: a tag that is gone already is no failure.
    for (let i = 0; i < 2; i += 1) await real.registry.deleteRegisteredModelTag(MODEL, TRAFFIC_POLICY_TAG);
    await real.registry.deleteRegisteredModelTag(MODEL, quarantineTag(first.digest));
    expect([...(await tagsOf()).keys()]).to.not.include.members([
      TRAFFIC_POLICY_TAG,
      quarantineTag(first.digest),
    ]);
  });

  it('reads the files of a version through the tracking server', async () => {
    const uri = await real.registry.getDownloadUriForModelVersionArtifacts(MODEL, first.version);
    const manifest = JSON.parse(await text(await real.registry.openArtifact(uri, 'manifest.json'))) as object;
    expect(manifest).to.include({ model_name: MODEL, contract_version: 1 });
  });

  it('reads files whose names are no URLs', async () => {
    const uri = await real.registry.getDownloadUriForModelVersionArtifacts(MODEL, first.version);
    const root = uri.replace(/^mlflow-artifacts:\/+/, '');
    for (const name of ['with space.txt', 'plots/a+b&c.txt', 'отпуск.txt']) {
      const path = `/api/2.0/mlflow-artifacts/artifacts/${[...root.split('/'), ...name.split('/')].map(encodeURIComponent).join('/')}`;
      const put = await httpRequest({ port: real.port, path, method: 'PUT', body: `content of ${name}` });
      expect(put.status, put.text).to.equal(200);
      expect(await text(await real.registry.openArtifact(uri, name))).to.equal(`content of ${name}`);
    }
  });

  const missing: Record<string, () => Promise<unknown>> = {
    'an alias that is not set': () => real.registry.getModelVersionByAlias(MODEL, 'nobody'),
    'an alias of a model that is not there': () => real.registry.getModelVersionByAlias('nobody', 'champion'),
    'a model that is not there': () => real.registry.getRegisteredModel('nobody'),
    'a version that is not there': () => real.registry.getModelVersion(MODEL, '99'),
    'an alias to a version that is not there': () => real.registry.setRegisteredModelAlias(MODEL, 'x', '99'),
    'a tag of a version that is not there': () => real.registry.setModelVersionTag(MODEL, '99', 'k', 'v'),
    'a tag of a model that is not there': () => real.registry.setRegisteredModelTag('nobody', 'k', 'v'),
    'the tag to delete of a model that is not there': () =>
      real.registry.deleteRegisteredModelTag('nobody', 'k'),
    'the files of a version that is not there': () =>
      real.registry.getDownloadUriForModelVersionArtifacts(MODEL, '99'),
  };
  for (const [what, ask] of Object.entries(missing)) {
    it(`says not-found for ${what}`, async () => {
      expect((await rejection(ask(), RegistryError)).kind).to.equal('not-found');
    });
  }

  it('says that MLflow gives no alias that is not set the status 400, which alone would not tell', async () => {
    const path = `/api/2.0/mlflow/registered-models/alias?name=${MODEL}&alias=nobody`;
    expect((await httpRequest({ port: real.port, path })).status).to.equal(400);
  });

  it('fails to open a file that is not there', async () => {
    const uri = await real.registry.getDownloadUriForModelVersionArtifacts(MODEL, first.version);
    await rejection(real.registry.openArtifact(uri, 'nowhere.onnx'), RegistryError);
  });

  it('says rejected for what MLflow refuses', async () => {
    const asking = real.registry.setRegisteredModelAlias(MODEL, 'not an alias!', first.version);
    expect((await rejection(asking, RegistryError)).kind).to.equal('rejected');
  });
});
