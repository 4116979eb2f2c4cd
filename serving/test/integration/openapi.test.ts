import { expect } from 'chai';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { eventually } from '../support/eventually.js';
import { expectAlike } from '../support/expect-alike.js';
import type { HttpAnswer } from '../support/http-request.js';
import { PACKAGES_TIMEOUT_MS, realPackages, type RealPackages } from '../support/model-packages.js';
import {
  contentOf,
  exampleExchanges,
  examplePath,
  openApiFaults,
  operationsOf,
  SchemaChecker,
  type ReadDocument,
} from '../support/openapi-reader.js';
import { editPackage } from '../support/package-folders.js';
import { TierUnderTest } from '../support/tier-under-test.js';

const ADMIN_TOKEN = 'an-admin-token-of-tests';
async function documentOf(running: TierUnderTest): Promise<ReadDocument> {
  return (await running.request('/openapi.json')).json as ReadDocument;
}

describe('/openapi.json', () => {
  let packages: RealPackages;
  let registry: FakeRegistry;
  let running: TierUnderTest | undefined;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    packages = await realPackages();
  });

  beforeEach(() => {
    registry = new FakeRegistry();
    registry.promote(packages.tensorA);
    registry.promote(packages.columnsStrings);
  });

  afterEach(() => running?.stop());

  async function start(env: Readonly<Record<string, string>> = {}): Promise<TierUnderTest> {
    running = await TierUnderTest.startReady(registry, { ADMIN_TOKEN, ...env });
    return running;
  }

  async function reload(): Promise<void> {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
    await running!.manage('/admin/reload', { method: 'POST', headers });
  }

  for (const models of [
    'small-tensor@champion,small-columns@champion',
    'small-columns@champion,small-tensor@champion',
  ]) {
    it(`of ${models} gives requests that the tier answers as it promises`, async () => {
      const tier = await start({ MODELS: models });
      const document = await documentOf(tier);
      expect(await openApiFaults(document)).to.equal(undefined);
      const exchanges = exampleExchanges(document);
      expect(exchanges).to.have.length(2 + 5 + 2 * (2 + 4));
      for (const exchange of exchanges) {
        const { name, mediaType, request, reply } = exchange;
        const path = examplePath(exchange);
        const { request_id: requestId } = reply as { request_id?: string };
        const answer = await tier.request(path, {
          method: 'POST',
          headers: {
            'content-type': mediaType,
            ...(requestId !== undefined && { 'x-request-id': requestId }),
          },
          body: typeof request === 'string' ? request : JSON.stringify(request),
        });
        expect(answer.status, `${path} ${name}: ${answer.text}`).to.equal(200);
        expectAlike(answer.json, reply, `${path} ${name}`);
      }
    });
  }

  it('describes what every other route answers, with the answer of now where it gives one', async () => {
    const tier = await start({ MODELS: 'small-tensor@champion,small-columns@champion' });
    const document = await documentOf(tier);
    const checker = new SchemaChecker(document);
    const lookups = operationsOf(document).filter(({ method }) => method === 'get');
    expect(lookups.length).to.be.above(10);
    for (const located of lookups) {
      const path = examplePath(located);
      const answer = await tier.request(path);
      const content = contentOf(document, located.operation, answer.status);
      expect(content, `${path} ${answer.status}`).not.to.equal(undefined);
      for (const [mediaType, { schema, example }] of Object.entries(content ?? {})) {
        expect(answer.headers['content-type'], path).to.include(mediaType);
        const body = mediaType === 'application/json' ? answer.json : answer.text;
        expect(checker.faults(schema, body), path).to.deep.equal([]);
        if (example !== undefined) expect(body, path).to.deep.equal(example);
      }
    }
  });

  it('describes errors as they come', async () => {
    const tier = await start();
    const document = await documentOf(tier);
    const checker = new SchemaChecker(document);
    const json = { 'content-type': 'application/json' };
    const refused: readonly (readonly [string, Promise<HttpAnswer>])[] = [
      ['/predict', tier.request('/predict', { method: 'POST', headers: json, body: '{' })],
      ['/predict', tier.predict([[1]])],
      ['/predict', tier.predict([[1, 1, 1]], { headers: { 'x-model-version': '9' } })],
      ['/predict', tier.request('/predict', { method: 'POST', body: '{}' })],
      ['/v2/models/small-tensor/infer', tier.post('/v2/models/small-tensor/infer', { inputs: [] })],
    ];
    const statuses: number[] = [];
    for (const [path, asked] of refused) {
      const answer = await asked;
      statuses.push(answer.status);
      const content = contentOf(document, document.paths[path]!['post']!, answer.status);
      const schema = content?.['application/problem+json']?.schema;
      expect(checker.faults(schema!, answer.json), `${path} ${answer.status}`).to.deep.equal([]);
    }
    expect(statuses).to.deep.equal([400, 422, 404, 415, 400]);
  });

  it('changes with the signature of the champion, and not before', async () => {
    const tier = await start();
    const first = await tier.request('/openapi.json');
    const { etag } = first.headers;
    const again = await tier.request('/openapi.json', { headers: { 'if-none-match': etag! } });
    expect([again.status, again.text]).to.deep.equal([304, '']);
    expect(first.headers['cache-control']).to.equal('no-cache');

    registry.promote(
      editPackage(packages.tensorA, {
        manifest: (draft) => {
          draft.features[0]!.description = 'What the successor says of it.';
        },
      }),
    );
    await reload();
    await tier.serves('2');
    const changed = await tier.request('/openapi.json', { headers: { 'if-none-match': etag! } });
    expect(changed.status).to.equal(200);
    expect(changed.headers.etag).not.to.equal(etag);
    expect(changed.text).to.include('What the successor says of it.');
    expect(first.text).not.to.include('What the successor says of it.');
  });

  it('is there and valid before any model is', async () => {
    registry.reachable = false;
    running = await TierUnderTest.start(registry, { ADMIN_TOKEN });
    const tier = running;
    const document = await documentOf(tier);
    expect(await openApiFaults(document)).to.equal(undefined);
    expect(exampleExchanges(document)).to.deep.equal([]);
    registry.reachable = true;
    await reload();
    await eventually(async () => {
      expect(exampleExchanges(await documentOf(tier))).not.to.deep.equal([]);
    });
  });

  it('holds no golden rows, or is not there at all, where that is set', async () => {
    const without = await start({ API_DOCS: 'without-examples' });
    const document = await documentOf(without);
    expect(exampleExchanges(document)).to.deep.equal([]);
    await without.stop();
    const off = await start({ API_DOCS: 'off' });
    for (const path of ['/openapi.json', '/docs', '/docs/docs.js']) {
      expect((await off.request(path)).status, path).to.equal(404);
    }
  });
});
