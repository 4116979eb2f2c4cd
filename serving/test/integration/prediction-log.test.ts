import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Manifest } from '../../src/model-package/manifest.js';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { eventually } from '../support/eventually.js';
import { GrpcCaller } from '../support/grpc-call.js';
import { sampleOf } from '../support/metric-samples.js';
import { PACKAGES_TIMEOUT_MS, realPackages, type RealPackages } from '../support/model-packages.js';
import { PROCESS_TIMEOUT_MS, ReplicaProcess } from '../support/replica-process.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { TierUnderTest, type Predictions } from '../support/tier-under-test.js';

interface Line {
  readonly at: string;
  readonly request_id: string;
  readonly row: number;
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  readonly alias: string;
  readonly weight: number;
  readonly features: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** Numbers as the graph has them. */
function float32(value: unknown): unknown {
  return typeof value === 'number' ? Math.fround(value) : value;
}

describe('the prediction log', () => {
  let packages: RealPackages;
  let directory: string;
  let tier: TierUnderTest;
  let tensor: Manifest;
  let columns: Manifest;

  function lines(): Line[] {
    return readdirSync(directory)
      .filter((name) => name.startsWith('predictions-'))
      .sort()
      .flatMap((name) => readFileSync(join(directory, name), 'utf8').split('\n'))
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  }

  /** Waits for the lines of one request. */
  function linesOf(requestId: string, count: number): Promise<Line[]> {
    return eventually(() => {
      const found = lines().filter((line) => line.request_id === requestId);
      expect(found).to.have.length(count);
      return found;
    });
  }

  function featuresOf({ features, golden }: Manifest): Record<string, unknown>[] {
    return golden.rows.map((row) =>
      Object.fromEntries(features.map(({ name }, i) => [name, float32(row[i])])),
    );
  }

  async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    const registry = new FakeRegistry();
    registry.promote(packages.tensorA);
    registry.promote(packages.columnsStrings);
    directory = join(temporaryDirectory(), 'feedback');
    tier = await TierUnderTest.startReady(registry, {
      MODELS: `${tensor.model_name}@champion,${columns.model_name}@champion`,
      PREDICTION_LOG_DIR: directory,
      ...env,
    });
  }

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    packages = await realPackages();
    tensor = packages.tensorA.manifest;
    columns = packages.columnsStrings.manifest;
  });

  afterEach(() => tier.stop());

  it('has a line for each row of a request: the features, what was answered, and what answered it', async () => {
    await start();
    const before = Date.now();
    const answer = await tier.predict(tensor.golden.rows, { headers: { 'x-request-id': 'asked-1' } });
    const { predictions } = answer.json as Predictions;
    const found = await linesOf('asked-1', tensor.golden.rows.length);
    expect(found.map(({ row }) => row)).to.deep.equal([...tensor.golden.rows.keys()]);
    expect(found.map(({ features }) => features)).to.deep.equal(featuresOf(tensor));
    expect(found.map(({ outputs }) => outputs)).to.deep.equal(predictions);
    for (const { at, model, version, digest, alias, weight } of found) {
      expect(Date.parse(at)).to.be.within(before, Date.now());
      expect({ model, version, digest, alias, weight }).to.deep.equal({
        model: tensor.model_name,
        version: answer.headers['x-model-version'],
        digest: answer.headers['x-model-digest'],
        alias: 'champion',
        weight: 1,
      });
    }
  });

  it('logs every protocol alike, under the request id of its reply', async () => {
    await start();
    const rows = tensor.golden.rows;
    const input = {
      name: 'features',
      datatype: 'FP32',
      shape: [rows.length, tensor.features.length],
      data: rows,
    };
    const ids: string[] = [];
    for (const [path, body] of [
      ['/predict', { instances: rows }],
      [`/v1/models/${tensor.model_name}:predict`, { instances: rows }],
      [`/v2/models/${tensor.model_name}/infer`, { inputs: [input] }],
      ['/invocations', { dataframe_split: { columns: tensor.features.map(({ name }) => name), data: rows } }],
    ] as const) {
      const answer = await tier.post(path, body);
      expect(answer.status, path).to.equal(200);
      ids.push(String(answer.headers['x-request-id']));
    }
    const caller = new GrpcCaller(tier.tier.grpcPort);
    const values = rows.flat().map((value) => value ?? Number.NaN);
    const called = await caller.call('ModelInfer', {
      model_name: tensor.model_name,
      inputs: [{ ...input, contents: { fp32_contents: values } }],
    });
    caller.close();
    expect(called.status, called.details).to.equal(0);
    ids.push(String(called.metadata['x-request-id']));
    for (const id of ids) {
      const found = await linesOf(id, rows.length);
      expect(found.map(({ features }) => features)).to.deep.equal(featuresOf(tensor));
    }
    expect(new Set(ids).size).to.equal(5);
  });

  it('logs strings and columns, and some rows of a large request that another thread read', async () => {
    await start({ PREDICTION_LOG_ROWS_PER_REQUEST: '50' });
    const { golden, features, model_name: name } = columns;
    const instances = Array.from({ length: 4_000 }, (_, i) => {
      const row = golden.rows[i % golden.rows.length]!;
      return Object.fromEntries(features.map((feature, column) => [feature.name, row[column]]));
    });
    const body = JSON.stringify({ instances }, undefined, 10);
    expect(body.length).to.be.greaterThan(256 * 1024);
    const answer = await tier.request(`/v1/models/${name}:predict`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'x-request-id': 'large-1' },
    });
    const { predictions } = answer.json as Predictions;
    const found = await linesOf('large-1', 50);
    expect(found.reduce((sum, { weight }) => sum + weight, 0)).to.equal(4_000);
    for (const line of found) {
      expect(line.outputs).to.deep.equal(predictions[line.row]);
      for (const { name: feature, type } of features) {
        if (type === 'string') expect(line.features[feature]).to.equal(instances[line.row]![feature]);
      }
    }
  });

  it('never writes a redacted feature, and no refused request', async () => {
    const [secret, ...others] = tensor.features.map(({ name }) => name);
    await start({ PREDICTION_LOG_REDACT: `${secret!},no-such-feature` });
    await tier.predict([['wrong']], { headers: { 'x-request-id': 'refused' } });
    await tier.predict(tensor.golden.rows.slice(0, 1), { headers: { 'x-request-id': 'kept' } });
    const [line] = await linesOf('kept', 1);
    expect(Object.keys(line!.features)).to.deep.equal(others);
    expect(lines()).to.have.length(1);
  });

  it('answers requests as ever while nothing can be written, counts what is lost, and recovers by itself', async () => {
    await start();
    writeFileSync(directory, 'a file where the folder should be');
    const answer = await tier.predict(tensor.golden.rows.slice(0, 1));
    expect(answer.status).to.equal(200);
    await eventually(async () => {
      const text = await tier.metrics();
      expect(sampleOf(text, 'serving_prediction_log_rows_total', { result: 'write_failed' })).to.equal(1);
    });
    expect(tier.log.text).to.include('rows are missing in the prediction log');
    rmSync(directory);
    await tier.predict(tensor.golden.rows.slice(0, 1), { headers: { 'x-request-id': 'later' } });
    await linesOf('later', 1);
    const text = await tier.metrics();
    expect(sampleOf(text, 'serving_prediction_log_rows_total', { result: 'written' })).to.equal(1);
    expect(sampleOf(text, 'serving_prediction_log_written_bytes_total')).to.be.greaterThan(100);
    expect(sampleOf(text, 'serving_prediction_log_queue_bytes')).to.equal(0);
  });

  it('writes nothing when it is off', async () => {
    await start({ PREDICTION_LOG: 'off' });
    await tier.predict(tensor.golden.rows);
    await tier.stop();
    expect(() => readdirSync(directory)).to.throw('ENOENT');
    await start();
  });

  it('has the last rows when the tier has stopped', async () => {
    await start();
    await tier.predict(tensor.golden.rows.slice(0, 1), { headers: { 'x-request-id': 'last' } });
    await tier.stop();
    expect(lines().map(({ request_id: id }) => id)).to.deep.equal(['last']);
    await start();
  });
});

describe('the prediction log of several workers', () => {
  it('has files of each of them in one folder', async function () {
    this.timeout(2 * PROCESS_TIMEOUT_MS);
    const { tensorA } = await realPackages();
    const registry = new FakeRegistry();
    registry.promote(tensorA);
    const directory = temporaryDirectory();
    const replica = await ReplicaProcess.startReady(registry, { PREDICTION_LOG_DIR: directory });
    try {
      await eventually(async () => {
        await Promise.all(
          Array.from({ length: 8 }, () => replica.predict(tensorA.manifest.golden.rows.slice(0, 1))),
        );
        expect(readdirSync(directory).length).to.be.greaterThan(1);
      }, PROCESS_TIMEOUT_MS);
      const written = sampleOf(await replica.metrics(), 'serving_prediction_log_rows_total', {
        result: 'written',
      });
      expect(written).to.be.greaterThan(1);
    } finally {
      await replica.dispose();
    }
  });
});
