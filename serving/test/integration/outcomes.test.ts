import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { newApiKey } from '../../src/cli/api-key.js';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { sampleOf } from '../support/metric-samples.js';
import { PACKAGES_TIMEOUT_MS, realPackages, type RealPackages } from '../support/model-packages.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { problemIn, TierUnderTest, type Predictions } from '../support/tier-under-test.js';

const OUTCOME = { request_id: 'r-1', label: 1, observed_at: '2026-01-31T12:00:00Z' };

interface Line {
  readonly received_at: string;
  readonly request_id: string;
  readonly row: number;
  readonly label: number;
  readonly observed_at: string;
}

describe('POST /outcomes', () => {
  let packages: RealPackages;
  let directory: string;
  let tier: TierUnderTest;

  function lines(): Line[] {
    return readdirSync(directory)
      .filter((name) => name.startsWith('outcomes-'))
      .flatMap((name) => readFileSync(join(directory, name), 'utf8').split('\n'))
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  }

  async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    const registry = new FakeRegistry();
    registry.promote(packages.tensorA);
    directory = join(temporaryDirectory(), 'feedback');
    tier = await TierUnderTest.startReady(registry, { PREDICTION_LOG_DIR: directory, ...env });
  }

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    packages = await realPackages();
  });

  afterEach(() => tier.stop());

  it('keeps the outcome of a prediction before it says so', async () => {
    await start();
    const predicted = await tier.predict(packages.tensorA.manifest.golden.rows);
    const { request_id: requestId } = predicted.json as Predictions;
    const answer = await tier.post('/outcomes', { ...OUTCOME, request_id: requestId, row: 1 });
    expect([answer.status, answer.json]).to.deep.equal([202, { accepted: 1, duplicates: 0 }]);
    const [line, ...others] = lines();
    expect(others).to.be.empty;
    expect(line).to.deep.include({
      request_id: requestId,
      row: 1,
      label: 1,
      observed_at: '2026-01-31T12:00:00.000Z',
    });
    expect(Math.abs(Date.now() - Date.parse(line!.received_at))).to.be.lessThan(60_000);
  });

  it('takes many at once, knows them when they come again, and counts both', async () => {
    await start();
    const outcomes = Array.from({ length: 1_000 }, (_, row) => ({ ...OUTCOME, row, label: row % 2 }));
    const text = outcomes.map((outcome) => JSON.stringify(outcome)).join('\n');
    const asLines = await tier.request('/outcomes', {
      method: 'POST',
      body: text,
      headers: { 'content-type': 'application/x-ndjson' },
    });
    expect(asLines.json).to.deep.equal({ accepted: 1_000, duplicates: 0 });
    const again = await tier.post('/outcomes', { outcomes });
    expect(again.json).to.deep.equal({ accepted: 0, duplicates: 1_000 });
    expect(lines()).to.have.length(1_000);
    const metrics = await tier.metrics();
    expect(sampleOf(metrics, 'serving_outcomes_total', { result: 'accepted' })).to.equal(1_000);
    expect(sampleOf(metrics, 'serving_outcomes_total', { result: 'duplicate' })).to.equal(1_000);
  });

  it('takes none of a request in which one is wrong, and names it', async () => {
    await start();
    const answer = await tier.post('/outcomes', { outcomes: [OUTCOME, { ...OUTCOME, label: 'bad' }] });
    expect(answer.status).to.equal(400);
    expect(problemIn(answer).errors).to.deep.equal([
      { path: '/outcomes/1/label', expected: '0 or 1, or false or true', found: 'a string' },
    ]);
    expect(answer.text).not.to.include('bad');
    expect(() => lines()).to.throw('ENOENT');
    expect(sampleOf(await tier.metrics(), 'serving_outcomes_total', { result: 'refused' })).to.equal(1);
  });

  it('answers 503 while nothing can be kept, loses no outcome, and recovers by itself', async () => {
    await start();
    writeFileSync(directory, 'a file where the folder should be');
    const refused = await tier.post('/outcomes', OUTCOME);
    expect(problemIn(refused).code).to.equal('OUTCOMES_NOT_STORED');
    expect(refused.headers['retry-after']).to.equal('5');
    expect(refused.text).not.to.include(directory);
    expect(tier.log.text).to.include('EEXIST');
    rmSync(directory);
    const taken = await tier.post('/outcomes', OUTCOME);
    expect([taken.status, taken.json]).to.deep.equal([202, { accepted: 1, duplicates: 0 }]);
    expect(lines()).to.have.length(1);
  });

  it('refuses more than fits, in number or in bytes, and other methods', async () => {
    await start({ OUTCOMES_MAX_PER_REQUEST: '2' });
    const three = await tier.post('/outcomes', { outcomes: [OUTCOME, OUTCOME, OUTCOME] });
    expect(problemIn(three).code).to.equal('TOO_MANY_ROWS');
    const large = await tier.post('/outcomes', { outcomes: [OUTCOME, OUTCOME], more: 'x'.repeat(2_000) });
    expect(problemIn(large).code).to.equal('BODY_TOO_LARGE');
    const get = await tier.request('/outcomes');
    expect([problemIn(get).code, get.headers.allow]).to.deep.equal(['METHOD_NOT_ALLOWED', 'POST']);
  });

  it('is off with the prediction log', async () => {
    await start({ PREDICTION_LOG: 'off' });
    expect(problemIn(await tier.post('/outcomes', OUTCOME)).code).to.equal('FEATURE_DISABLED');
    const document = (await tier.request('/openapi.json')).json as { paths: object };
    expect(document.paths).not.to.have.property('/outcomes');
  });

  it('asks who brings them, and takes none from those who may not ask for every model', async () => {
    const [free, limited] = ['free', 'limited'].map((name) => newApiKey(name, undefined, Date.now()));
    const keysFile = join(temporaryDirectory(), 'keys.json');
    const keys = [free!.entry, { ...limited!.entry, models: ['another-model'] }];
    writeFileSync(keysFile, JSON.stringify({ keys }));
    await start({ AUTH_ROUTES: '/outcomes=api-key', API_KEYS_FILE: keysFile });
    const codes: unknown[] = [];
    for (const headers of [{}, { 'x-api-key': limited!.key }, { 'x-api-key': free!.key }]) {
      const answer = await tier.post('/outcomes', OUTCOME, { headers: headers });
      codes.push(answer.status === 202 ? answer.json : problemIn(answer).code);
    }
    expect(codes).to.deep.equal(['UNAUTHORIZED', 'FORBIDDEN', { accepted: 1, duplicates: 0 }]);
  });
});
