import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { PodWatch } from '../../local/cluster/chaos/pod-watch.js';
import { readServingPods, SERVING_PODS } from '../../local/cluster/cluster-fleet.js';
import { ConstantLoad } from '../../local/cluster/constant-load.js';
import type { LoadReport } from '../../local/cluster/load-report.js';
import { podSchema, whyNotReady } from '../../local/cluster/pods.js';
import { ReplicaWatch, type ReplicaMoment } from '../../local/cluster/replica-watch.js';
import { servedManifest } from '../../local/cluster/served-row.js';
import { DagRepository } from '../../local/dag-repository.js';
import type { Manifest } from '../../src/model-package/manifest.js';
import { ClusterPlatform } from '../support/cluster-platform.js';
import { eventually } from '../support/eventually.js';
import { expectGolden } from '../support/golden-answers.js';
import { goldenInstances } from '../support/golden-instances.js';
import { httpRequest, type HttpAnswer } from '../support/http-request.js';
import type { Predictions } from '../support/tier-under-test.js';

const NAMESPACE = 'platform-test';
const AT_REST = 4;
const CEILING = 6;
const DAG = 'credit_scoring_retraining';

const INSTALL_TIMEOUT_MS = 12 * 60_000;
const SCALING_TIMEOUT_MS = 6 * 60_000;

/** Claims that stay when the platform goes, each of a part that keeps data. */
const CLAIMS = ['data-git-0', 'data-postgres-0', 'data-s3-0'];

/** One core for all of it would do: what is asked for is small, so that it fits beside everything else. */
function values(storageClass: string): object {
  const persistence = { enabled: true, storageClass, size: '1Gi' };
  return {
    serving: {
      // Load that two cores can carry beside everything else must be more than four pods should have.
      resources: { requests: { cpu: '40m', memory: '128Mi' }, limits: { cpu: '1', memory: '512Mi' } },
      autoscaling: {
        targetCPUUtilizationPercentage: 100,
        // Minutes in production; here nobody pays for a pod that comes and goes.
        behavior: {
          scaleDown: {
            stabilizationWindowSeconds: 15,
            policies: [{ type: 'Pods', value: 1, periodSeconds: 5 }],
          },
        },
      },
    },
    dev: { postgres: { persistence }, s3: { persistence }, git: { persistence } },
  };
}

describe('the platform, in a real cluster', () => {
  let platform: ClusterPlatform;
  let installed: string;
  let manifest: Manifest;

  before(async function () {
    this.timeout(INSTALL_TIMEOUT_MS);
    platform = await ClusterPlatform.create(NAMESPACE, values);
    installed = await platform.run('cluster-up');
    const { digest } = await platform.champion();
    manifest = JSON.parse(await servedManifest(platform.kubernetes, digest)) as Manifest;
  });

  after(async function () {
    this.timeout(INSTALL_TIMEOUT_MS);
    await platform.dispose();
  });

  /** Through the Gateway, as clients from outside do. */
  async function ask(body: unknown): Promise<HttpAnswer> {
    const gateway = await platform.gateway();
    try {
      const { hostname: host, port } = new URL(gateway.url);
      const headers = { 'content-type': 'application/json' };
      const options = { host, port: Number(port), path: '/predict', method: 'POST', headers };
      return await httpRequest({ ...options, body: JSON.stringify(body), timeoutMs: 10_000 });
    } finally {
      gateway.close();
    }
  }

  it('is installed by one command, which ends with an answered prediction', () => {
    expect(installed).to.match(/^curl -s http:/m);
    expect(installed).to.match(/"score":0?\.\d+|"score":[01]\b/);
    expect(installed).to.match(/^x-model-version: 1$/m);
  });

  it('has every pod ready, none of which had to be started again', async () => {
    const pods = await platform.kubernetes.list(podSchema, 'pods');
    expect(pods.flatMap((pod) => whyNotReady(pod) ?? [])).to.deep.equal([]);
    const restarted = pods.filter(({ status }) =>
      status.containerStatuses.some((one) => one.restartCount > 0),
    );
    expect(restarted.map(({ metadata }) => metadata.name)).to.deep.equal([]);
    const tier = pods.filter(({ metadata }) => metadata.labels['app.kubernetes.io/name'] === 'serving');
    expect(tier).to.have.length(AT_REST);
  });

  it('has run the pipeline that was pushed to its Git server, and registered what came of it', async () => {
    const { api } = await platform.connections.airflow();
    const folder = mkdtempSync(path.join(tmpdir(), 'platform-test-dags-'));
    try {
      const dags = new DagRepository(path.join(folder, 'dags.git'));
      dags.continueFrom(await platform.connections.dagRepository());
      const run = await api.newestRun(DAG, 'manual');
      expect(run).to.include({ state: 'success', bundle_version: dags.tip() });
      const registry = await platform.connections.registry();
      const { version } = await platform.champion();
      const { tags } = await registry.getModelVersion(platform.settings.modelName, version);
      expect(tags.get('blessing')).to.equal('blessed');
      expect(manifest.lineage.dag_run_id).to.equal(run?.dag_run_id);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('serves the champion of its registry in every pod, and through the Gateway as it was trained', async () => {
    const { version, digest } = await platform.champion();
    const pods = await readServingPods(platform.kubernetes, platform.connections);
    for (const { name, replica } of pods) {
      expect(replica.status?.available, name).to.include({ version, digest });
    }
    const answer = await ask({ instances: goldenInstances(manifest) });
    expect(answer.status, answer.text).to.equal(200);
    expect(answer.headers).to.include({ 'x-model-version': version, 'x-model-digest': digest });
    expectGolden((answer.json as Predictions).predictions, manifest);
  });

  it('passes the tests that its charts bring along', async () => {
    const printed = await platform.helm.test(platform.settings.cluster.release, 5);
    expect(printed).to.match(/Phase:\s+Succeeded/);
    expect(printed).not.to.match(/Phase:\s+Failed/);
  }).timeout(SCALING_TIMEOUT_MS);

  it('is harmless to install again: same pods, no second training', async () => {
    // Jobs may run again.
    const names = async (): Promise<string[]> =>
      (await platform.kubernetes.list(podSchema, 'pods'))
        .filter(({ status }) => status.phase === 'Running')
        .map(({ metadata }) => metadata.name);
    const before = await names();
    const printed = await platform.run('cluster-up');
    expect(printed).to.include('a champion serves already: version 1');
    expect(await names()).to.include.members(before);
  }).timeout(INSTALL_TIMEOUT_MS);

  it(`has ${AT_REST} replicas at rest, ${CEILING} under load and never more, and drops no request on the way`, async () => {
    const gateway = await platform.gateway();
    const url = `${gateway.url}/predict`;
    const rows = goldenInstances(manifest);
    const some = rows.map((row) => JSON.stringify({ instances: [row] }));
    const many = JSON.stringify({
      instances: Array.from({ length: 300 }, (_, index) => rows[index % rows.length]),
    });
    const pods = await PodWatch.start(platform.kubernetes, SERVING_PODS);
    const replicas = new ReplicaWatch(await platform.connections.proxy(), NAMESPACE, 'serving');
    const loads: ConstantLoad[] = [];
    const start = async (
      bodies: readonly string[],
      connections: number,
      ratePerSecond: number,
    ): Promise<ConstantLoad> => {
      // A crowd waits for the new pods on a busy machine; that it is slow then is not what is asked here.
      const load = await ConstantLoad.start({ url, bodies, connections, ratePerSecond, timeoutMs: 30_000 });
      loads.push(load);
      return load;
    };
    try {
      // These are there all the time; the others come, and go again.
      await start(some, 8, 20);
      await untilSettled(replicas, AT_REST);
      const crowd = await start([many], 16, 100);
      await untilSettled(replicas, CEILING);
      const full = Date.now();
      await eventually(() => {
        expect(Date.now() - full).to.be.above(30_000);
      }, 60_000);
      await crowd.stop();
      await untilSettled(replicas, AT_REST);
    } finally {
      await Promise.all(loads.map((load) => load.stop()));
      pods.stop();
      gateway.close();
      await replicas.stop();
    }
    const reports = await Promise.all(loads.map((load) => load.stop()));
    const { moments } = replicas;
    const seen = JSON.stringify(summary(moments, reports));
    process.stdout.write(`      | ${seen}\n`);
    expect(Math.max(...moments.map(({ replicas: count }) => count)), seen).to.equal(CEILING);
    expect(Math.max(...moments.map(({ desired }) => desired)), seen).to.equal(CEILING);
    expect(Math.max(...pods.moments.map(({ pods: count }) => count)), seen).to.equal(CEILING);
    expect(Math.min(...moments.map(({ ready }) => ready)), seen).to.be.at.least(AT_REST);
    expect(pods.restarts, seen).to.equal(0);
    for (const { failed, failures, requests } of reports) {
      expect(requests, seen).to.be.above(100);
      expect(failed, JSON.stringify(failures.slice(0, 5))).to.equal(0);
    }
  }).timeout(SCALING_TIMEOUT_MS);

  it('leaves nothing but its data and what opens it, and picks both up again', async () => {
    const { version, digest } = await platform.champion();
    await platform.reconnect();
    const printed = await platform.run('cluster-down');
    for (const claim of CLAIMS) expect(printed).to.include(`PersistentVolumeClaim ${claim}`);

    const left = await eventually(async () => {
      const found = await leftIn(platform);
      expect(
        found.filter((name) => /^(pod|service|deployment|replicaset|statefulset)\//.test(name)),
      ).to.deep.equal([]);
      return found;
    }, 60_000);
    expect(left.filter((name) => !name.startsWith('secret/'))).to.have.members([
      'configmap/kube-root-ca.crt',
      'serviceaccount/default',
      ...CLAIMS.map((claim) => `persistentvolumeclaim/${claim}`),
    ]);

    const again = await platform.run('cluster-up');
    expect(again).to.include(`a champion serves already: version ${version}`);
    expect(await platform.champion()).to.include({ version, digest });
    const answer = await ask({ instances: goldenInstances(manifest) });
    expect(answer.status, answer.text).to.equal(200);
    expect(answer.headers).to.include({ 'x-model-version': version, 'x-model-digest': digest });
    expectGolden((answer.json as Predictions).predictions, manifest);
  }).timeout(INSTALL_TIMEOUT_MS);
});

/** Until a Deployment has so many replicas, all ready, and its autoscaler wants no others. */
async function untilSettled(watch: ReplicaWatch, count: number): Promise<void> {
  await eventually(() => {
    const now = watch.moments.at(-1);
    expect(now).to.include({ replicas: count, ready: count, desired: count });
  }, 150_000);
}

/** What a failure is judged by. */
function summary(moments: readonly ReplicaMoment[], reports: readonly LoadReport[]): unknown {
  const first = moments[0]?.at ?? 0;
  const changes = moments.filter(
    ({ replicas, ready, desired }, index) =>
      JSON.stringify([replicas, ready, desired]) !==
      JSON.stringify([moments[index - 1]?.replicas, moments[index - 1]?.ready, moments[index - 1]?.desired]),
  );
  return {
    replicas: changes.map(({ at, ...rest }) => ({ second: Math.round((at - first) / 1000), ...rest })),
    highestUtilisation: Math.max(...moments.map(({ utilisation }) => utilisation ?? 0)),
    loads: reports.map(({ requests, failed, p50Ms, p99Ms, maxMs, byStatus }) => ({
      requests,
      failed,
      p50Ms,
      p99Ms,
      maxMs,
      byStatus,
    })),
  };
}

/** Everything in the platform's namespace that somebody made, as `kind/name`; events are no objects of anybody. */
async function leftIn({ kubernetes }: ClusterPlatform): Promise<string[]> {
  const kinds = await kubernetes.kubectl([
    'api-resources',
    '--namespaced',
    '--verbs=list,create,delete',
    '-o',
    'name',
  ]);
  const asked = kinds
    .split('\n')
    .filter((kind) => kind !== '' && !kind.startsWith('events'))
    .join(',');
  const found = await kubernetes.kubectl(['get', asked, '--ignore-not-found', '-o', 'json']);
  const { items } = z
    .object({ items: z.array(z.object({ kind: z.string(), metadata: z.object({ name: z.string() }) })) })
    .parse(JSON.parse(found === '' ? '{"items":[]}' : found));
  return items.map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`);
}
