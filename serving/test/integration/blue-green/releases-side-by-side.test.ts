import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { commitOf, layOutRelease } from '../../../local/blue-green/release-sources.js';
import type { TrafficSplit } from '../../../local/blue-green/traffic-split.js';
import { TRAFFIC_POLICY_TAG } from '../../../src/registry/traffic-tags.js';
import { eventually } from '../../support/eventually.js';
import { expectGolden } from '../../support/golden-answers.js';
import { KeepAliveLoad } from '../../support/keep-alive-load.js';
import { NginxUnderTest, whyNoNginx } from '../../support/nginx-under-test.js';
import { useRealRegistry } from '../../support/real-registry.js';
import { PROCESS_TIMEOUT_MS, ReplicaProcess } from '../../support/replica-process.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import type { Predictions } from '../../support/tier-under-test.js';
import { SERVING_ROOT } from '../../support/training-environment.js';

const { releases } = z
  .object({
    releases: z.array(
      z.object({ commit: z.string(), knows: z.string(), follows_traffic_policy: z.boolean() }),
    ),
  })
  .parse(JSON.parse(readFileSync(join(SERVING_ROOT, 'supported-releases.json'), 'utf8')));

for (const { commit, knows, follows_traffic_policy: followsPolicy } of releases) {
  describe(`this release beside that of ${commit.slice(0, 7)}, which knows ${knows}`, function () {
    this.timeout(3 * PROCESS_TIMEOUT_MS);

    const real = useRealRegistry();
    const MODEL = `side-by-side-${commit.slice(0, 7)}`;
    const project = dirname(SERVING_ROOT);
    const started: ReplicaProcess[] = [];
    let program: ReturnType<typeof layOutRelease>;
    let cache: string;
    let older: ReplicaProcess;
    let newer: ReplicaProcess;
    let nginx: NginxUnderTest;

    before(async function () {
      if (whyNoNginx() !== undefined) return this.skip();
      try {
        commitOf(project, commit);
      } catch {
        // A shallow clone, or a folder that is no checkout: nothing to compare with.
        return this.skip();
      }
      program = layOutRelease(project, temporaryDirectory(), commit);
      cache = temporaryDirectory();
      await real.register(MODEL, 'tensorA', { alias: 'champion' });
      [older, newer] = await Promise.all([start(program), start(undefined)]);
      await Promise.all([older.allReady(1), newer.allReady(1)]);
      nginx = await NginxUnderTest.start({ blue: older.port, green: newer.port }, { blue: 1, green: 0 });
    });

    after(async () => {
      // Neither is there where this was skipped.
      await (nginx as NginxUnderTest | undefined)?.stop();
      await Promise.all(started.map((replica) => replica.dispose()));
    });

    async function start(
      release: typeof program | undefined,
      env: Readonly<Record<string, string>> = {},
    ): Promise<ReplicaProcess> {
      const replica = await ReplicaProcess.startRelease(release, {
        MODEL_NAME: MODEL,
        MLFLOW_TRACKING_URI: real.trackingUri,
        ARTIFACT_CACHE_DIR: cache,
        POLL_INTERVAL_SECONDS: '1',
        WORKERS: '1',
        ...env,
      });
      started.push(replica);
      return replica;
    }

    function row(): readonly unknown[] {
      return real.packages.tensorA.manifest.golden.rows[0]!;
    }

    function setPolicy(text: string): Promise<void> {
      return real.registry.setRegisteredModelTag(MODEL, TRAFFIC_POLICY_TAG, text);
    }

    /** Versions that answer so many clients, each with a key of its own. */
    async function versionsOf(replica: ReplicaProcess, clients = 200): Promise<Record<string, number>> {
      const counts: Record<string, number> = {};
      for (let client = 0; client < clients; client += 1) {
        const { status, headers } = await replica.predict([row()], {
          headers: { 'content-type': 'application/json', 'x-traffic-key': `client-${client}` },
        });
        expect(status).to.equal(200);
        const version = String(headers['x-model-version']);
        counts[version] = (counts[version] ?? 0) + 1;
      }
      return counts;
    }

    it('has the same answers', async () => {
      const { manifest } = real.packages.tensorA;
      for (const replica of [older, newer]) {
        const answer = await replica.predict(manifest.golden.rows);
        expectGolden((answer.json as Predictions).predictions, manifest);
      }
    });

    it('takes its place and gives it back under load, while a version is promoted, and nobody notices', async () => {
      const load = KeepAliveLoad.start(nginx.port, row());
      const steps: TrafficSplit[] = [
        { blue: 9, green: 1 },
        { blue: 0, green: 1 },
        { blue: 1, green: 9 },
        { blue: 1, green: 0 },
      ];
      for (const [index, split] of steps.entries()) {
        if (index === 2) await real.register(MODEL, 'tensorB', { alias: 'champion' });
        await nginx.front.change(split);
        const before = load.answered;
        await eventually(() => {
          expect(load.answered).to.be.above(before + 100);
        });
      }
      for (const replica of [older, newer]) {
        await eventually(async () => {
          expect(await versionsOf(replica, 1)).to.deep.equal({ 2: 1 });
        });
      }
      const { byColour, failures } = await load.stop();
      expect(failures).to.deep.equal([]);
      expect([...byColour.keys()]).to.have.members(['blue', 'green']);
    });

    it('follows a policy of a still later release, of which the older takes what it knows', async () => {
      await setPolicy(
        JSON.stringify({
          format: 7,
          canary: { version: '1', percent: 50, regions: ['north'], until: { requests: 1_000 } },
          interleaved: [{ version: '1' }],
        }),
      );
      await eventually(async () => {
        expect((await versionsOf(newer, 50))['1'] ?? 0).to.be.above(0);
      });
      const { 1: canary = 0, 2: champion = 0 } = await versionsOf(newer);
      // By lot: five standard deviations of 200 clients.
      expect(canary).to.be.within(65, 135);
      expect(canary + champion).to.equal(200);
      if (!followsPolicy) expect(await versionsOf(older)).to.deep.equal({ 2: 200 });
    });

    it('keeps the policy that it has when it can’t read the next one, and the older goes on, too', async () => {
      await setPolicy('[{"canary": "in words of a later release"}]');
      await eventually(async () => {
        expect(await newer.metrics()).to.match(/serving_traffic_policy_readable\{[^}]*\} 0/);
      });
      expect(Object.keys(await versionsOf(newer))).to.have.members(['1', '2']);
      if (!followsPolicy) expect(await versionsOf(older)).to.deep.equal({ 2: 200 });
      await setPolicy('{}');
      await eventually(async () => {
        expect(await versionsOf(newer, 50)).to.deep.equal({ 2: 50 });
      });
      expect(
        [...older.errors, ...newer.errors].map(({ msg }) => msg).filter((msg) => !/polic/i.test(msg)),
      ).to.deep.equal([]);
    });

    it('starts from what the other one has left in the cache, where there is no registry', async () => {
      const env = { MLFLOW_TRACKING_URI: 'http://127.0.0.1:9' };
      await Promise.all([older.dispose(), newer.dispose()]);
      for (const release of [program, undefined]) {
        // Whoever wrote last, wrote what both have served.
        const replica = await start(release, env);
        await replica.allReady(1);
        expect((await replica.status()).serving_from).to.equal('last_known_good');
        expect(await versionsOf(replica, 1)).to.deep.equal({ 2: 1 });
        await replica.dispose();
      }
    });
  });
}
