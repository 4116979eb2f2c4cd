import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { TrafficStatus } from '../../src/api/status-report.js';
import { RegistryError } from '../../src/registry/model-registry.js';
import {
  quarantineTag,
  TRAFFIC_POLICY_TAG,
  writeQuarantine,
  writeTrafficPolicy,
  type TrafficPolicyDocument,
} from '../../src/registry/traffic-tags.js';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { HeldRuns } from '../fakes/held-runs.js';
import { BusyClient } from '../support/busy-client.js';
import { eventually } from '../support/eventually.js';
import { GrpcCaller } from '../support/grpc-call.js';
import type { HttpAnswer } from '../support/http-request.js';
import { sampleOf } from '../support/metric-samples.js';
import { PACKAGES_TIMEOUT_MS, realPackages, type RealPackages } from '../support/model-packages.js';
import { editPackage } from '../support/package-folders.js';
import { problemIn, TierUnderTest } from '../support/tier-under-test.js';

const MODEL = 'small-tensor';
const ADMIN_TOKEN = 'an-admin-token-of-tests';
const AUTHORIZED = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' };
const ROW = [40, 1, 0.25];
/** As the policy for version 2 of this model has them: with 50 percent the first is the canary's. */
const KEYS = Array.from({ length: 100 }, (_, i) => `applicant-${i}`);

describe('live traffic', function () {
  this.timeout(60_000);

  let packages: RealPackages;
  let registry: FakeRegistry;
  let running: TierUnderTest;
  let canaryRuns: HeldRuns;
  let championRuns: HeldRuns;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    packages = await realPackages();
  });

  beforeEach(async () => {
    canaryRuns = new HeldRuns((path) => path.includes(packages.tensorB.digest.slice('sha256:'.length)));
    championRuns = new HeldRuns((path) => path.includes(packages.tensorA.digest.slice('sha256:'.length)));
    registry = new FakeRegistry();
    registry.promote(packages.tensorA);
    registry.register(packages.tensorB);
    running = await TierUnderTest.startReady(registry, {
      ADMIN_TOKEN,
      ARTIFACT_CACHE_KEEP: '0',
      MAX_ROWS_PER_REQUEST: '50000',
    });
  });

  afterEach(async () => {
    championRuns.restore();
    canaryRuns.restore();
    await running.stop();
  });

  async function look(): Promise<void> {
    expect((await running.manage('/admin/reload', { method: 'POST', headers: AUTHORIZED })).status).to.equal(
      202,
    );
  }

  async function traffic(): Promise<TrafficStatus> {
    const { traffic: status } = (await running.status()) as unknown as { traffic: TrafficStatus };
    return status;
  }

  /** Has the registry say this, and the tier look. */
  async function set(policy: TrafficPolicyDocument): Promise<void> {
    registry.modelTagsOf(MODEL).set(TRAFFIC_POLICY_TAG, writeTrafficPolicy(policy));
    await look();
  }

  /** The same, and waits until every version of it is available. */
  async function inForce(policy: TrafficPolicyDocument): Promise<void> {
    await set(policy);
    await eventually(async () => {
      const status = await traffic();
      for (const role of ['canary', 'shadow', 'standby'] as const) {
        expect(status[role]?.version, status.problem ?? '').to.equal(policy[role]?.version);
        if (policy[role] !== undefined) expect(status[role]?.available, status.problem ?? '').to.equal(true);
      }
      expect(status.canary?.percent).to.equal(policy.canary?.percent);
    });
  }

  function ask(key: string, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> {
    return running.predict([ROW], { headers: { 'x-traffic-key': key, ...headers } });
  }

  /** Keys that the canary answers. */
  async function canaryKeys(): Promise<string[]> {
    const versions = await Promise.all(KEYS.map(async (key) => (await ask(key)).headers['x-model-version']));
    return KEYS.filter((_, i) => versions[i] === '2');
  }

  it("is the champion's where the registry says nothing", async () => {
    expect(await canaryKeys()).to.deep.equal([]);
    expect(await traffic()).to.deep.equal({
      canary: null,
      shadow: null,
      standby: null,
      problem: null,
      quarantined: [],
    });
    expect(sampleOf(await running.metrics(), 'serving_traffic_share', { role: 'champion' })).to.equal(1);
  });

  it('is split without a restart, and those whom the canary answers stay with it as its share grows', async () => {
    await inForce({ canary: { version: '2', percent: 10 } });
    const few = await canaryKeys();
    expect(few.length).to.be.within(2, 25);
    expect(await canaryKeys()).to.deep.equal(few);

    await inForce({ canary: { version: '2', percent: 50 } });
    const half = await canaryKeys();
    expect(half.length).to.be.within(30, 70);
    expect(half).to.include.members(few);

    await inForce({ canary: { version: '2', percent: 100 } });
    expect(await canaryKeys()).to.deep.equal(KEYS);

    await inForce({});
    expect(await canaryKeys()).to.deep.equal([]);
    await eventually(async () => {
      expect((await running.request('/v2/models/small-tensor')).json)
        .to.include({ name: MODEL })
        .and.to.have.deep.property('versions', ['1']);
    });
  });

  it('goes by the request id where there is no key, and by chance where there is neither', async () => {
    await inForce({ canary: { version: '2', percent: 50 } });
    const answers = await Promise.all(
      KEYS.map((key) => running.predict([ROW], { headers: { 'x-request-id': key } })),
    );
    expect(KEYS.filter((_, i) => answers[i]!.headers['x-model-version'] === '2')).to.deep.equal(
      await canaryKeys(),
    );
    const sides = await Promise.all(
      KEYS.map(async () => (await running.predict([ROW])).headers['x-model-version']),
    );
    expect(new Set(sides)).to.deep.equal(new Set(['1', '2']));
  });

  it('is split alike over gRPC, where metadata carries the same', async () => {
    await inForce({ canary: { version: '2', percent: 50 } });
    const caller = new GrpcCaller(running.tier.grpcPort);
    const inputs = [{ name: 'features', datatype: 'FP32', shape: [1, 3], contents: { fp32_contents: ROW } }];
    const infer = async (headers: Readonly<Record<string, string>>) =>
      caller.call('ModelInfer', { inputs }, headers);
    try {
      const half = new Set(await canaryKeys());
      for (const key of KEYS.slice(0, 20)) {
        const { metadata } = await infer({ 'x-traffic-key': key });
        expect(metadata['x-model-version'], key).to.equal(half.has(key) ? '2' : '1');
      }
      for (const [alias, version] of [
        ['canary', '2'],
        ['champion', '1'],
      ] as const) {
        const { metadata } = await infer({ 'x-model-alias': alias });
        expect(metadata['x-model-version']).to.equal(version);
      }
      expect((await infer({ 'x-model-alias': 'standby' })).metadata['x-error-code']).to.equal(
        'VERSION_NOT_AVAILABLE',
      );
      expect((await infer({ 'x-traffic-key': 'k'.repeat(129) })).metadata['x-error-code']).to.equal(
        'INVALID_REQUEST',
      );
    } finally {
      caller.close();
    }
  });

  it('says what of it each version gets', async () => {
    await inForce({ canary: { version: '2', percent: 12.5 } });
    await ask('a', { 'x-model-alias': 'canary' });
    const text = await running.metrics();
    const of = (name: string, role: string) => sampleOf(text, name, { role });
    expect([of('serving_traffic_share', 'champion'), of('serving_traffic_share', 'canary')]).to.deep.equal([
      0.875, 0.125,
    ]);
    expect(of('serving_role_available', 'canary')).to.equal(1);
    expect(sampleOf(text, 'serving_traffic_policy_readable')).to.equal(1);
    const ofCanary = { alias: 'canary', model_version: '2' };
    expect(sampleOf(text, 'serving_prediction_rows_total', ofCanary)).to.equal(1);
    expect(
      sampleOf(text, 'serving_prediction_failures_total', { ...ofCanary, code: 'PREDICTION_FAILED' }),
    ).to.equal(0);
    expect(sampleOf(text, 'serving_prediction_fallbacks_total', ofCanary)).to.equal(0);
  });

  describe('when a version can not compute', () => {
    function fail(runs: HeldRuns): void {
      runs.instead = () => {
        throw new Error('the graph is broken');
      };
    }

    it('is answered by the champion instead of the canary, large requests too, and counted', async () => {
      await inForce({ canary: { version: '2', percent: 100 } });
      fail(canaryRuns);
      const answer = await ask('a');
      expect([answer.status, answer.headers['x-model-version']]).to.deep.equal([200, '1']);
      expect(answer.json).to.include({ model_version: '1' });

      // Read and written on a thread of its own.
      const large = await running.predict(Array.from({ length: 30_000 }, () => ROW));
      expect([large.status, large.headers['x-model-version']]).to.deep.equal([200, '1']);
      const { predictions } = large.json as { predictions: unknown[] };
      expect(predictions).to.have.length(30_000);
      expect(predictions[29_999]).to.deep.equal((answer.json as { predictions: unknown[] }).predictions[0]);

      const text = await running.metrics();
      const labels = { alias: 'canary', model_version: '2' };
      expect(
        sampleOf(text, 'serving_prediction_failures_total', { ...labels, code: 'PREDICTION_FAILED' }),
      ).to.equal(2);
      expect(sampleOf(text, 'serving_prediction_fallbacks_total', labels)).to.equal(2);
      const [line] = running.log.lines.filter(
        ({ msg }) => msg === 'another version answered what this one could not compute',
      );
      expect(line).to.include({
        version: '2',
        alias: 'canary',
        code: 'PREDICTION_FAILED',
        cause: 'the graph is broken',
      });
    });

    it('is answered by the standby instead of the champion', async () => {
      await inForce({ standby: { version: '2' } });
      expect((await ask('a')).headers['x-model-version']).to.equal('1');
      fail(championRuns);
      const answer = await ask('a');
      expect([answer.status, answer.headers['x-model-version']]).to.deep.equal([200, '2']);
      fail(canaryRuns);
      expect(problemIn(await ask('a')).code).to.equal('PREDICTION_FAILED');
    });

    it('is an error for who asked for that version, and for no other', async () => {
      await inForce({ canary: { version: '2', percent: 100 } });
      fail(canaryRuns);
      for (const headers of [{ 'x-model-version': '2' }, { 'x-model-alias': 'canary' }]) {
        expect(problemIn(await ask('a', headers)).code).to.equal('PREDICTION_FAILED');
      }
    });
  });

  it('fails no request when the canary is taken away under load', async () => {
    const score = ({ manifest }: RealPackages['tensorA']): number =>
      manifest.golden.outputs['score']![0] as number;
    const client = new BusyClient(
      `http://127.0.0.1:${running.port}/predict`,
      packages.tensorA.manifest.golden.rows[0]!,
      new Map([
        ['1', score(packages.tensorA)],
        ['2', score(packages.tensorB)],
      ]),
      8,
    );
    client.start();
    try {
      for (let i = 0; i < 5; i += 1) {
        await inForce({ canary: { version: '2', percent: 50 } });
        const { answered } = client.tally;
        await eventually(() => {
          expect(client.tally.answered).to.be.above(answered + 50);
        });
        await inForce({});
      }
    } finally {
      await client.stop();
    }
    expect(client.tally.failures).to.deep.equal([]);
    expect([...client.tally.byVersion.keys()].sort()).to.deep.equal(['1', '2']);
  });

  it('is answered by whom a tester names, or refused', async () => {
    await inForce({ canary: { version: '2', percent: 0 } });
    const by = async (headers: Readonly<Record<string, string>>) => {
      const answer = await ask('a', headers);
      return answer.status === 200 ? answer.headers['x-model-version'] : problemIn(answer).code;
    };
    expect(await by({ 'x-model-alias': 'champion' })).to.equal('1');
    expect(await by({ 'x-model-alias': 'canary' })).to.equal('2');
    expect(await by({ 'x-model-version': '2' })).to.equal('2');
    expect(await by({ 'x-model-version': '2', 'x-model-alias': 'canary' })).to.equal('2');
    expect(await by({ 'x-model-version': '1', 'x-model-alias': 'canary' })).to.equal('INVALID_REQUEST');
    expect(await by({ 'x-model-alias': 'shadow' })).to.equal('VERSION_NOT_AVAILABLE');
    expect(await by({ 'x-model-alias': 'latest' })).to.equal('INVALID_REQUEST');
    expect(await by({ 'x-traffic-key': '' })).to.equal('INVALID_REQUEST');
  });

  describe('while not all that the policy wants can be had', () => {
    async function problem(): Promise<string> {
      return eventually(async () => {
        const status = await traffic();
        expect(status.problem).to.be.a('string');
        expect(status.canary?.available).to.equal(false);
        return status.problem!;
      });
    }

    it("is the champion's for a canary that the registry does not have", async () => {
      await set({ canary: { version: '9', percent: 100 } });
      expect(await problem()).to.equal('canary: version 9 is not in the registry');
      expect(await canaryKeys()).to.deep.equal([]);
      const text = await running.metrics();
      expect(sampleOf(text, 'serving_role_available', { role: 'canary', model_version: '9' })).to.equal(0);
      expect(sampleOf(text, 'serving_traffic_share', { role: 'champion' })).to.equal(1);
    });

    it("is the champion's for a canary that can not be loaded, and the champion is not touched", async () => {
      const broken = editPackage(packages.tensorB, { files: { 'model.onnx': 'no graph' } });
      const version = registry.register(broken);
      const before = await running.status();
      await set({ canary: { version, percent: 100 } });
      expect(await problem()).to.match(/^canary: version 3 can't be loaded: GRAPH_LOAD_FAILED: /);
      expect((await ask('a')).headers['x-model-version']).to.equal('1');
      const after = await running.status();
      expect([after.available, after.last_failure, after.ready]).to.deep.equal([
        before.available,
        null,
        true,
      ]);
    });

    it('gives nothing to a version in quarantine, from the moment on in which it is put there', async () => {
      await inForce({ canary: { version: '2', percent: 100 } });
      const { digest } = packages.tensorB;
      const quarantine = {
        version: '2',
        digest,
        at: '2026-01-02T03:04:05.000Z',
        by: 'rollout',
        reason: 'it throws',
        cause: 'errors',
      } as const;
      registry.modelTagsOf(MODEL).set(quarantineTag(digest), writeQuarantine(quarantine));
      await look();
      expect(await problem()).to.equal('canary: version 2 is quarantined for errors: it throws');
      expect(await canaryKeys()).to.deep.equal([]);
      expect((await traffic()).quarantined).to.deep.equal([quarantine]);
      expect(
        sampleOf(await running.metrics(), 'serving_model_quarantine_timestamp_seconds', {
          model_version: '2',
          digest,
          cause: 'errors',
        }),
      ).to.equal(Date.parse(quarantine.at) / 1_000);

      registry.modelTagsOf(MODEL).delete(quarantineTag(digest));
      await inForce({ canary: { version: '2', percent: 100 } });
      expect(await canaryKeys()).to.deep.equal(KEYS);
    });

    it('stays as it was for a policy that makes no sense, which is told once', async () => {
      await inForce({ canary: { version: '2', percent: 50 } });
      const half = await canaryKeys();
      registry.modelTagsOf(MODEL).set(TRAFFIC_POLICY_TAG, '{"canary":{"version":"2","percent":500}}');
      await look();
      await eventually(async () => {
        expect((await traffic()).problem).to.match(/unreadable, and the one before stays: canary\.percent/);
      });
      await look();
      expect(await canaryKeys()).to.deep.equal(half);
      expect(sampleOf(await running.metrics(), 'serving_traffic_policy_readable')).to.equal(0);
      expect(
        running.log.lines.filter(({ msg }) => msg === 'not all of the traffic policy can be put in force'),
      ).to.have.length(1);
    });

    it('stays as it was while the registry does not answer', async () => {
      await inForce({ canary: { version: '2', percent: 50 } });
      const half = await canaryKeys();
      registry.reachable = false;
      await look();
      await eventually(async () => {
        expect((await running.status()).registry.reachable).to.equal(false);
      });
      expect(await canaryKeys()).to.deep.equal(half);
      registry.reachable = true;
    });
  });

  it("is the champion's after a start without the registry", async () => {
    await inForce({ canary: { version: '2', percent: 100 } });
    await running.stop();
    registry.reachable = false;
    running = await TierUnderTest.startReady(registry, {
      ADMIN_TOKEN,
      ARTIFACT_CACHE_DIR: running.cacheDirectory,
    });
    expect((await running.status()).serving_from).to.equal('last_known_good');
    expect(await canaryKeys()).to.deep.equal([]);
    registry.reachable = true;
    await inForce({ canary: { version: '2', percent: 100 } });
    expect(await canaryKeys()).to.deep.equal(KEYS);
  });

  it('goes on through a promotion of the canary, which is in memory once then, and its predecessor stands by', async () => {
    await inForce({ canary: { version: '2', percent: 100 } });
    registry
      .modelTagsOf(MODEL)
      .set(
        TRAFFIC_POLICY_TAG,
        writeTrafficPolicy({ standby: { version: '1' }, shadow: { version: '1', percent: 100 } }),
      );
    registry.point(MODEL, 'champion', '2');
    await look();
    await running.serves('2');
    await eventually(async () => {
      const { standby, shadow } = await traffic();
      expect([standby?.available, shadow?.available]).to.deep.equal([true, true]);
      const info = (alias: string) => async () =>
        sampleOf(await running.metrics(), 'serving_model_info', { alias });
      // One servable for the two roles.
      const loaded = await Promise.all(
        ['champion', 'canary', 'shadow', 'standby'].map((alias) => info(alias)().catch(() => undefined)),
      );
      expect(loaded).to.deep.equal([1, undefined, 1, undefined]);
    });
    championRuns.instead = undefined;
    canaryRuns.instead = () => {
      throw new Error('the graph is broken');
    };
    expect((await ask('a')).headers['x-model-version']).to.equal('1');
  });

  it('keeps the packages of its versions, and those of nobody else', async () => {
    await inForce({ canary: { version: '2', percent: 1 } });
    const folder = ({ digest }: { readonly digest: string }) =>
      join(running.cacheDirectory, 'packages', digest.slice('sha256:'.length));
    const another = editPackage(packages.tensorA, { manifest: (draft) => (draft.metrics['auc'] = 0.5) });
    registry.promote(another);
    await look();
    await running.serves('3');
    await eventually(() => {
      expect([packages.tensorA, packages.tensorB, another].map(folder).map(existsSync)).to.deep.equal([
        false,
        true,
        true,
      ]);
    });
  });

  describe('by way of the management port', () => {
    const put = (body: unknown, path = '/admin/traffic', headers: Record<string, string> = AUTHORIZED) =>
      running.manage(path, { method: 'PUT', headers, body: JSON.stringify(body) });

    it('is split and put back, in the registry, and shown', async () => {
      const policy = { canary: { version: '2', percent: 100 } };
      const answer = await put(policy);
      expect([answer.status, answer.json]).to.deep.equal([202, { model: MODEL, policy }]);
      expect(registry.modelTagsOf(MODEL).get(TRAFFIC_POLICY_TAG)).to.equal(JSON.stringify(policy));
      await eventually(async () => {
        expect((await ask('a')).headers['x-model-version']).to.equal('2');
      });
      expect((await running.manage('/traffic')).json).to.deep.equal({
        models: [
          {
            model_name: MODEL,
            alias: 'champion',
            champion: '1',
            canary: { version: '2', percent: 100, available: true },
            shadow: null,
            standby: null,
            problem: null,
            quarantined: [],
          },
        ],
      });
      const removed = await running.manage(`/admin/traffic?model=${MODEL}`, {
        method: 'DELETE',
        headers: AUTHORIZED,
      });
      expect(removed.status).to.equal(202);
      expect([...registry.modelTagsOf(MODEL).keys()]).to.deep.equal([]);
      await eventually(async () => {
        expect((await ask('a')).headers['x-model-version']).to.equal('1');
      });
    });

    it('is not split by who has no token', async () => {
      const answer = await put({}, '/admin/traffic', { 'content-type': 'application/json' });
      expect(problemIn(answer).code).to.equal('UNAUTHORIZED');
      expect(registry.count('setRegisteredModelTag')).to.equal(0);
    });

    const refused: Record<string, readonly [unknown, string]> = {
      'a share of more than all': [{ canary: { version: '2', percent: 101 } }, '/canary/percent'],
      'a share to no version': [{ canary: { percent: 1 } }, '/canary/version'],
      'a role that there is not': [{ mirror: { version: '2' } }, '/'],
      'a member that nobody knows': [{ canary: { version: '2', percent: 1, percnt: 2 } }, '/canary'],
      'no object': [[], '/'],
      'a version that the registry does not have': [{ standby: { version: '9' } }, '/standby/version'],
    };
    for (const [what, [body, path]] of Object.entries(refused)) {
      it(`refuses ${what}, and says where`, async () => {
        const problem = problemIn(await put(body));
        expect(problem.code).to.equal('INVALID_REQUEST');
        expect(problem.errors?.map((error) => error.path)).to.deep.equal([path]);
        expect(registry.modelTagsOf(MODEL).has(TRAFFIC_POLICY_TAG)).to.equal(false);
      });
    }

    it('refuses a version in quarantine', async () => {
      registry.modelTagsOf(MODEL).set(quarantineTag(packages.tensorB.digest), '');
      const problem = problemIn(await put({ canary: { version: '2', percent: 5 } }));
      expect(problem.detail).to.equal(
        'Nobody would give traffic to version 2 as canary, which is quarantined',
      );
      expect(registry.modelTagsOf(MODEL).has(TRAFFIC_POLICY_TAG)).to.equal(false);
    });

    it('refuses a model that is not served here', async () => {
      expect(problemIn(await put({}, '/admin/traffic?model=other')).code).to.equal('MODEL_NOT_FOUND');
    });

    it('says to use the command line where the replica may only read the registry', async () => {
      registry.setRegisteredModelTag = () => Promise.reject(new RegistryError('denied', 'Permission denied'));
      const problem = problemIn(await put({}));
      expect([problem.code, problem.status]).to.deep.equal(['FORBIDDEN', 403]);
      expect(problem.detail).to.include('command line');
    });
  });
});
