import { expect } from 'chai';
import { DATATYPES } from '../../src/api/protocols/open-inference.js';
import { encodeElements } from '../../src/api/protocols/open-inference-binary.js';
import type { Manifest, Scalar } from '../../src/model-package/manifest.js';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { PACKAGES_TIMEOUT_MS, realPackages, type RealPackages } from '../support/model-packages.js';
import { TierUnderTest } from '../support/tier-under-test.js';

type Json = Record<string, unknown>;

/** One key an output and row, as all protocols with predictions answer. */
function predictionsOf({ golden, outputs }: Manifest): Json[] {
  return golden.rows.map((_, row) =>
    Object.fromEntries(outputs.map(({ name }) => [name, golden.outputs[name]![row]])),
  );
}

function closeTo(actual: unknown, expected: unknown): void {
  if (typeof expected === 'number') expect(actual).to.be.closeTo(expected, 1e-5);
  else if (typeof expected === 'object' && expected !== null) {
    expect(Object.keys(actual as object)).to.have.members(Object.keys(expected));
    for (const [key, value] of Object.entries(expected)) closeTo((actual as Json)[key], value);
  } else expect(actual).to.equal(expected);
}

describe('the inference protocols over HTTP', () => {
  let packages: RealPackages;
  let tier: TierUnderTest;
  let url: string;
  let tensor: Manifest;
  let columns: Manifest;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    packages = await realPackages();
    tensor = packages.tensorA.manifest;
    columns = packages.columnsStrings.manifest;
    const registry = new FakeRegistry();
    registry.promote(packages.tensorA);
    registry.promote(packages.tensorB, 'challenger');
    registry.promote(packages.columnsStrings);
    const names = [
      `${tensor.model_name}@champion`,
      `${tensor.model_name}@challenger`,
      `${columns.model_name}@champion`,
    ];
    tier = await TierUnderTest.startReady(registry, { MODELS: names.join() });
    url = `http://127.0.0.1:${tier.port}`;
  });

  after(() => tier.stop());

  async function post(
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ status: number; headers: Headers; body: Json }> {
    const response = await fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Json };
  }

  async function get(path: string): Promise<{ status: number; body: Json }> {
    const response = await fetch(url + path);
    return { status: response.status, body: (await response.json()) as Json };
  }

  const named = (manifest: Manifest): Json[] =>
    manifest.golden.rows.map((row) =>
      Object.fromEntries(manifest.features.map(({ name }, i) => [name, row[i]])),
    );

  const tensorInput = (manifest: Manifest): Json => ({
    name: 'features',
    datatype: 'FP32',
    shape: [manifest.golden.rows.length, manifest.features.length],
    data: manifest.golden.rows,
  });

  describe('V1', () => {
    it('answers predictions and nothing else', async () => {
      const { body } = await post(`/v1/models/${tensor.model_name}:predict`, {
        instances: tensor.golden.rows,
      });
      expect(Object.keys(body)).to.deep.equal(['predictions']);
      closeTo(body['predictions'], predictionsOf(tensor));
    });

    it('answers for models with strings, named or by position', async () => {
      for (const instances of [named(columns), columns.golden.rows]) {
        const { body } = await post(`/v1/models/${columns.model_name}:predict`, { instances });
        closeTo(body['predictions'], predictionsOf(columns));
      }
    });

    it('answers exactly the version in the path', async () => {
      const path = `/v1/models/${tensor.model_name}/versions/2:predict`;
      const { body, headers } = await post(path, { instances: tensor.golden.rows });
      expect(headers.get('x-model-version')).to.equal('2');
      closeTo(body['predictions'], predictionsOf(packages.tensorB.manifest));
    });

    it('says whether a model is ready', async () => {
      expect(await get(`/v1/models/${tensor.model_name}`)).to.deep.equal({
        status: 200,
        body: { name: tensor.model_name, ready: true },
      });
      expect((await get('/v1/models/nothing')).status).to.equal(404);
    });
  });

  describe('the Open Inference Protocol', () => {
    const infer = (manifest: Manifest, suffix = ''): string =>
      `/v2/models/${manifest.model_name}${suffix}/infer`;

    it('describes server and models', async () => {
      expect((await get('/v2')).body).to.deep.include({ extensions: ['binary_tensor_data'] });
      expect((await get('/v2/health/live')).body).to.deep.equal({ live: true });
      expect((await get('/v2/health/ready')).body).to.deep.equal({ ready: true });
      const { body } = await get(`/v2/models/${tensor.model_name}`);
      expect(body).to.deep.equal({
        name: tensor.model_name,
        versions: ['1', '2'],
        platform: 'onnxruntime_onnx',
        inputs: [{ name: 'features', datatype: 'FP32', shape: [-1, tensor.features.length] }],
        outputs: [
          { name: 'score', datatype: 'FP32', shape: [-1] },
          { name: 'label', datatype: 'INT64', shape: [-1] },
        ],
      });
      expect((await get(`/v2/models/${tensor.model_name}/versions/2/ready`)).body).to.deep.include({
        ready: true,
      });
      expect((await get(`/v2/models/${tensor.model_name}/versions/9/ready`)).status).to.equal(404);
    });

    it('says that nothing is at a path with a broken escape', async () => {
      const { status, body } = await get('/v2/models/%ff');
      expect(status).to.equal(404);
      expect(body).to.deep.include({ code: 'NOT_FOUND' });
    });

    it('takes and gives tensors as JSON, nested or flat, and repeats the id', async () => {
      const input = tensorInput(tensor);
      for (const data of [tensor.golden.rows, tensor.golden.rows.flat()]) {
        const { body } = await post(infer(tensor), { id: 'q-1', inputs: [{ ...input, data }] });
        expect(body).to.deep.include({ id: 'q-1', model_name: tensor.model_name, model_version: '1' });
        const [score, label] = body['outputs'] as Json[];
        expect(score).to.deep.include({
          name: 'score',
          datatype: 'FP32',
          shape: [tensor.golden.rows.length],
        });
        closeTo(score!['data'], tensor.golden.outputs['score']);
        expect(label!['data']).to.deep.equal(tensor.golden.outputs['label']);
      }
    });

    it('gives the outputs that are asked for, and refuses others', async () => {
      const inputs = [tensorInput(tensor)];
      const { body } = await post(infer(tensor), { inputs, outputs: [{ name: 'label' }] });
      expect((body['outputs'] as Json[]).map((output) => output['name'])).to.deep.equal(['label']);
      const refused = await post(infer(tensor), { inputs, outputs: [{ name: 'rating' }] });
      expect(refused.status).to.equal(400);
      expect(refused.body['errors']).to.deep.include({
        path: '/outputs/0/name',
        expected: 'one of the outputs score, label',
        found: 'a string',
      });
    });

    it('takes and gives the binary tensor extension', async () => {
      const rows = tensor.golden.rows.map((row) =>
        row.map((value) => (value === null ? NaN : Number(value))),
      );
      const bytes = encodeElements(Float32Array.from(rows.flat()));
      const input = { ...tensorInput(tensor), data: undefined };
      const header = Buffer.from(
        JSON.stringify({
          inputs: [{ ...input, parameters: { binary_data_size: bytes.length } }],
          parameters: { binary_data_output: true },
        }),
      );
      const response = await fetch(url + infer(tensor), {
        method: 'POST',
        headers: { 'inference-header-content-length': String(header.length) },
        body: Buffer.concat([header, bytes]),
      });
      expect(response.status).to.equal(200);
      const body = Buffer.from(await response.arrayBuffer());
      const length = Number(response.headers.get('inference-header-content-length'));
      const { outputs } = JSON.parse(body.toString('utf8', 0, length)) as { outputs: Json[] };
      expect(outputs.map(({ parameters }) => parameters)).to.deep.equal([
        { binary_data_size: rows.length * 4 },
        { binary_data_size: rows.length * 8 },
      ]);
      const scores = rows.map((_row, i) => body.readFloatLE(length + i * 4));
      closeTo(scores, tensor.golden.outputs['score']);
    });

    it('takes one input a column, strings and all types', async () => {
      const rows = columns.golden.rows.length;
      const inputs = columns.features.map(({ name, type }, i) => ({
        name,
        datatype: DATATYPES[type],
        shape: [rows, 1],
        data: columns.golden.rows.map((row) => row[i] as Scalar | null),
      }));
      const { body } = await post(infer(columns), { inputs });
      const outputs = new Map((body['outputs'] as Json[]).map((output) => [output['name'], output['data']]));
      for (const { name } of columns.outputs) {
        closeTo(outputs.get(name), (columns.golden.outputs[name] as unknown[]).flat());
      }
    });

    it('pins a version by path or header, and refuses two that differ', async () => {
      const body = { inputs: [tensorInput(tensor)] };
      expect((await post(infer(tensor, '/versions/2'), body)).headers.get('x-model-version')).to.equal('2');
      expect((await post(infer(tensor), body, { 'x-model-version': '2' })).body['model_version']).to.equal(
        '2',
      );
      const both = await post(infer(tensor, '/versions/2'), body, { 'x-model-version': '1' });
      expect(both.body).to.deep.include({ status: 400, code: 'INVALID_REQUEST' });
    });

    it('refuses what it is not, with the member that its clients read', async () => {
      const input = tensorInput(tensor);
      const cases: [unknown, string, number][] = [
        [{ inputs: [] }, 'INVALID_REQUEST', 400],
        [{ inputs: [{ ...input, datatype: 'FP16' }] }, 'INVALID_REQUEST', 400],
        [{ inputs: [{ ...input, datatype: 'FP64' }] }, 'SIGNATURE_MISMATCH', 422],
        [{ inputs: [{ ...input, name: 'other' }] }, 'SIGNATURE_MISMATCH', 422],
        [{ inputs: [{ ...input, shape: [1, 2] }] }, 'SIGNATURE_MISMATCH', 422],
        [{ inputs: [{ ...input, shape: [0, 3], data: [] }] }, 'SIGNATURE_MISMATCH', 422],
        [{ inputs: [{ ...input, shape: [1, 3], data: [1, 'a', 2] }] }, 'SIGNATURE_MISMATCH', 422],
        [{ inputs: [{ ...input, parameters: { binary_data_size: 4 } }] }, 'INVALID_REQUEST', 400],
        [{ inputs: [{ ...input, shape: [1, 3], data: [1e39, 1, 0.5] }] }, 'SIGNATURE_MISMATCH', 422],
        [{ inputs: [input, input] }, 'SIGNATURE_MISMATCH', 422],
        [{ inputs: [input], outputs: [{ name: 'score' }, { name: 'score' }] }, 'INVALID_REQUEST', 400],
        [{ inputs: [{ ...input, shape: [1e9, 3] }] }, 'TOO_MANY_ROWS', 413],
        ['{', 'INVALID_JSON', 400],
      ];
      for (const [message, code, status] of cases) {
        const { body } = await post(infer(tensor), message);
        expect(body, JSON.stringify(message)).to.deep.include({ code, status });
        expect(body['error']).to.equal(body['detail']);
      }
    });
  });

  describe("MLflow's scoring protocol", () => {
    it('takes every form that its clients send', async () => {
      const names = columns.features.map(({ name }) => name);
      const byColumn = Object.fromEntries(
        names.map((name, i) => [name, columns.golden.rows.map((row) => row[i])]),
      );
      const forms = [
        { dataframe_split: { columns: names, data: columns.golden.rows } },
        { dataframe_split: { data: columns.golden.rows } },
        { dataframe_records: named(columns) },
        { instances: columns.golden.rows },
        { inputs: byColumn },
        { inputs: named(columns) },
      ];
      const only = await runTierOf(packages);
      try {
        for (const form of forms) {
          const response = await fetch(`http://127.0.0.1:${only.port}/invocations`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(form),
          });
          const body = (await response.json()) as Json;
          expect(response.status, JSON.stringify(body)).to.equal(200);
          closeTo(body['predictions'], predictionsOf(columns));
        }
      } finally {
        await only.stop();
      }
    });

    it('takes CSV, with the index column that pandas writes', async () => {
      const lines = tensor.golden.rows.map((row, i) => [i, ...row.map((value) => value ?? '')].join());
      const csv = [['', ...tensor.features.map(({ name }) => name)].join(), ...lines].join('\n');
      const { body } = await post('/invocations', csv, { 'content-type': 'text/csv; charset=utf-8' });
      closeTo(body['predictions'], predictionsOf(tensor));
    });

    it('takes NaN for null, as Python writes it, and leaves strings alone', async () => {
      const names = tensor.features.map(({ name }) => JSON.stringify(name)).join();
      const row = tensor.golden.rows.findIndex((values) => values.includes(null));
      const values = tensor.golden.rows[row]!.map((value) => value ?? 'NaN').join();
      const { body } = await post(
        '/invocations',
        `{"dataframe_split":{"columns":[${names}],"data":[[${values}]]}}`,
      );
      closeTo(body['predictions'], [predictionsOf(tensor)[row]]);
      const misspelt = await post('/invocations', '{"dataframe_records":[{"NaN \\" NaN":NaN}]}');
      expect(misspelt.body['errors']).to.deep.include({
        path: '/instances/0/NaN " NaN',
        expected: 'no such feature',
        found: 'null',
      });
    });

    it('refuses none or two forms, and columns of unlike length', async () => {
      const cases = [
        {},
        { instances: [[1]], inputs: [[1]] },
        { inputs: { a: [1, 2], b: [1] } },
        { dataframe_split: [] },
      ];
      for (const message of cases) {
        expect((await post('/invocations', message)).body, JSON.stringify(message)).to.deep.include({
          code: 'INVALID_REQUEST',
        });
      }
      const broken = await post('/invocations', 'a,b\n"1', { 'content-type': 'text/csv' });
      expect(broken.body).to.deep.include({ code: 'INVALID_REQUEST' });
      const xml = await post('/invocations', '<a/>', { 'content-type': 'application/xml' });
      expect(xml.body).to.deep.include({ code: 'UNSUPPORTED_MEDIA_TYPE' });
    });

    it('answers ping and version', async () => {
      expect((await fetch(`${url}/ping`)).status).to.equal(200);
      expect(await (await fetch(`${url}/version`)).text()).to.match(/^\d+\.\d+\.\d+$/);
    });
  });
});

/** The model with columns alone, since /invocations names none and gets the first. */
function runTierOf({ columnsStrings }: RealPackages): Promise<TierUnderTest> {
  const registry = new FakeRegistry();
  registry.promote(columnsStrings);
  return TierUnderTest.startReady(registry, { MODEL_NAME: columnsStrings.manifest.model_name });
}
