import { expect } from 'chai';
import { examplePath, SchemaChecker, type ExampleExchange } from '../support/openapi-reader.js';
import { expectAlike } from '../support/expect-alike.js';
import { expectPredicted } from './answers.js';
import { infer, predictionsOf, type InferReply, type ModelMetadata } from './open-inference.js';
import { readServedModel } from './served-model.js';
import { target } from './target.js';

/** One version answers all of them, also while live traffic is split. */
const KEY = { 'x-traffic-key': 'acceptance' };

describe('predictions', () => {
  it('of a valid row carry the version and the digest that answered', async () => {
    const { client, model } = target();
    const answer = await client.post('/predict', { instances: [model.rows[0]] });
    expect(expectPredicted(answer)).to.have.length(1);
    const { model_version: version, request_id: id } = answer.json as Readonly<Record<string, string>>;
    expect(version).to.equal(answer.headers['x-model-version']);
    expect(id).to.equal(answer.headers['x-request-id']);
  });

  it('keep the published schema', async function () {
    const { client, model } = target();
    if (model.document === undefined) this.skip();
    const answer = await client.post('/predict', { instances: model.rows });
    const reply = model.document.paths['/predict']?.['post']?.responses['200']?.content;
    const schema = reply?.['application/json']?.schema;
    expect(new SchemaChecker(model.document).faults(schema!, answer.json)).to.deep.equal([]);
  });

  it('are those that the tier publishes for its own examples, by every protocol', async function () {
    const { client, settings, model } = target();
    if (model.exchanges.length === 0) this.skip();
    // A promotion since the document was read: the next one describes what answers now.
    const replaced = async ({ exchanges }: typeof model): Promise<boolean> => {
      for (const exchange of exchanges) {
        if (!(await answersAsPublished(exchange, exchanges))) return true;
      }
      return false;
    };
    if (!(await replaced(model))) return;
    expect(
      await replaced(await readServedModel(client, settings.rowsFile)),
      'a version replaced twice',
    ).to.equal(false);
  });

  it('are equal for equal rows, alone, in company and by every protocol', async () => {
    const { client, model } = target();
    const [row] = model.rows;
    const first = await client.post('/predict', { instances: [row] }, { headers: KEY });
    const [expected] = expectPredicted(first);
    const headers = { ...KEY, 'x-model-version': String(first.headers['x-model-version']) };
    const { model_name: name } = first.json as { readonly model_name: string };
    const many = await client.post('/predict', { instances: Array<unknown>(20).fill(row) }, { headers });
    const mlflow = await client.post('/invocations', { dataframe_records: [row, row] }, { headers });
    const v1 = await client.post(`/v1/models/${name}:predict`, { instances: [row] }, { headers });
    const metadata = (await client.ask(`/v2/models/${name}`)).json as ModelMetadata;
    const v2 = await client.post(`/v2/models/${name}/infer`, infer(metadata, row), { headers });
    expect(v2.status, v2.text).to.equal(200);
    const all = {
      '/predict': expectPredicted(many),
      '/invocations': expectPredicted(mlflow),
      '/v1': expectPredicted(v1),
      '/v2': predictionsOf(v2.json as InferReply),
    };
    for (const [where, predictions] of Object.entries(all)) {
      expect(predictions, where).to.not.be.empty;
      for (const prediction of predictions) expectAlike(prediction, expected, where);
    }
  });

  it('of a version that is asked for come from it, or not at all', async () => {
    const { client, model } = target();
    const body = { instances: [model.rows[0]] };
    const version = String((await client.post('/predict', body)).headers['x-model-version']);
    const asked = await client.post('/predict', body, { headers: { 'x-model-version': version } });
    expectPredicted(asked);
    expect(asked.headers['x-model-version']).to.equal(version);
    const other = await client.post('/predict', body, { headers: { 'x-model-version': '4294967295' } });
    expect(other.status, other.text).to.equal(404);
  });
});

/** @returns false where the version of the example is no longer served */
async function answersAsPublished(
  exchange: ExampleExchange,
  all: readonly ExampleExchange[],
): Promise<boolean> {
  const { client } = target();
  const { name, mediaType, request, reply } = exchange;
  const path = examplePath(exchange);
  const answer = await client.ask(path, {
    method: 'POST',
    headers: { 'content-type': mediaType, 'x-model-version': versionOf(exchange, all) },
    body: typeof request === 'string' ? request : JSON.stringify(request),
  });
  if (answer.status === 404) return false;
  expect(answer.status, `${path} ${name}: ${answer.text}`).to.equal(200);
  // Of the request's own id, a proxy in front may have another opinion.
  const known = (body: unknown): unknown => ({ ...(body as object), request_id: undefined });
  expectAlike(known(answer.json), known(reply), `${path} ${name}`);
  return true;
}

const MODEL = /^\/v[12]\/models\/([^/:]+)/;

/** Of the model that an example is of: the examples of one of its protocols say it. */
function versionOf({ path }: ExampleExchange, all: readonly ExampleExchange[]): string {
  const name = MODEL.exec(path)?.[1];
  const same = all.filter((other) =>
    name === undefined ? other.path === '/predict' : MODEL.exec(other.path)?.[1] === name,
  );
  const versions = same.flatMap(
    ({ reply }) => (reply as { readonly model_version?: string }).model_version ?? [],
  );
  return versions[0] ?? '';
}
