import { expect } from 'chai';
import { disagreement, readReplica, type Agreement } from '../../../src/promotion/fleet.js';
import { FakeReplica, modelStatus } from '../../fakes/fake-replica.js';

describe('readReplica', () => {
  let replica: FakeReplica;

  beforeEach(async () => {
    replica = await FakeReplica.start();
  });

  afterEach(() => replica.stop());

  it('reads what a replica says, with or without a slash at the end', async () => {
    for (const url of [replica.url, `${replica.url}/`]) {
      const { status, error } = await readReplica(url);
      expect(error).to.equal(undefined);
      expect(status?.models[0]?.available?.version).to.equal('1');
    }
  });

  it('says that a broken replica does not answer', async () => {
    replica.models = undefined;
    const { status, error } = await readReplica(replica.url);
    expect(status).to.equal(undefined);
    expect(error).to.include('does not answer');
  });

  it('says that somebody else answers', async () => {
    replica.models = [{} as ReturnType<typeof modelStatus>];
    expect((await readReplica(replica.url)).error).to.include('does not answer');
  });

  it('never rejects', async () => {
    expect((await readReplica('http://127.0.0.1:1')).error).to.equal('does not answer (ECONNREFUSED)');
  });
});

describe('disagreement', () => {
  const wanted: Agreement = { model: 'toy', alias: 'champion', version: '2', digest: 'sha256:2' };
  const failure = { version: '2', code: 'DIGEST_MISMATCH', message: 'bad' };
  const available = { version: '2', digest: 'sha256:2', since: '' };

  const cases: Record<string, { models: ReturnType<typeof modelStatus>[]; expected: string | undefined }> = {
    'a replica that serves these bytes': { models: [modelStatus({ available })], expected: undefined },
    'a replica that serves them beside another model': {
      models: [modelStatus({ model_name: 'other' }), modelStatus({ available })],
      expected: undefined,
    },
    'one that serves another version': { models: [modelStatus()], expected: 'serves version 1' },
    'one that serves other bytes under this version': {
      models: [modelStatus({ available: { ...available, digest: 'sha256:3' } })],
      expected: 'serves version 2',
    },
    'one that serves nothing': { models: [modelStatus({ available: null })], expected: 'serves nothing' },
    'one that failed to load it': {
      models: [modelStatus({ last_failure: failure })],
      expected: 'serves version 1; DIGEST_MISMATCH: bad',
    },
    'one that failed to load something else': {
      models: [modelStatus({ last_failure: { ...failure, version: '9' } })],
      expected: 'serves version 1',
    },
    'one that follows another alias': {
      models: [modelStatus({ available, alias: 'challenger' })],
      expected: 'does not follow toy@champion',
    },
  };
  for (const [what, { models, expected }] of Object.entries(cases)) {
    it(`is ${expected === undefined ? 'none' : `"${expected}"`} for ${what}`, () => {
      const status = { ...models[0]!, ready: true, models, workers: [] };
      expect(disagreement({ url: 'http://a', status, error: undefined }, wanted)).to.equal(expected);
    });
  }

  it('is that of any worker which takes requests, whatever the replica says', () => {
    const worker = (id: number, serving: boolean, version: string) => ({
      id,
      serving,
      models: [modelStatus({ available: { ...available, version } })],
    });
    const status = { ...modelStatus({ available }), ready: true, models: [modelStatus({ available })] };
    const objection = (...workers: ReturnType<typeof worker>[]) =>
      disagreement({ url: 'http://a', status: { ...status, workers }, error: undefined }, wanted);
    expect(objection(worker(1, true, '2'), worker(2, true, '1'))).to.equal('serves version 1 in worker 2');
    expect(objection(worker(1, true, '2'), worker(2, false, '1'))).to.equal(undefined);
    expect(objection(worker(1, true, '2'), worker(2, true, '2'))).to.equal(undefined);
  });

  it('is what went wrong for a replica that does not answer', () => {
    expect(
      disagreement({ url: 'http://a', status: undefined, error: 'does not answer (X)' }, wanted),
    ).to.equal('does not answer (X)');
  });
});
