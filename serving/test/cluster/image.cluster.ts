import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { eventually } from '../support/eventually.js';
import { expectGolden } from '../support/golden-answers.js';
import { httpRequest } from '../support/http-request.js';
import { useRealRegistry } from '../support/real-registry.js';
import { CLUSTER_TIMEOUT_MS, PortForPods, TestCluster } from '../support/test-cluster.js';
import type { Predictions } from '../support/tier-under-test.js';
import { SERVING_ROOT } from '../support/training-environment.js';

const run = promisify(execFile);
const IMAGE = 'localhost/model-serving:cluster-test';
const NAMESPACE = `serving-image-${process.pid}`;
const POD = 'serving';
const NODE = '/usr/local/bin/node';
const CACHE = '/var/cache/model-serving';
const READY_TIMEOUT_MS = 120_000;
const FINALIZER = 'tests.model-serving/keep';

interface PodStatus {
  readonly status: {
    readonly podIP?: string;
    readonly containerStatuses?: readonly {
      readonly ready: boolean;
      readonly restartCount: number;
      readonly state: { readonly terminated?: { readonly exitCode: number; readonly reason: string } };
    }[];
  };
}

/** As strict as Kubernetes' profile "restricted" has it, and read-only besides. */
function podOf(env: Readonly<Record<string, string>>): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    // Keeps the pod in sight after it was deleted, for its exit code.
    metadata: { name: POD, namespace: NAMESPACE, finalizers: [FINALIZER] },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, fsGroup: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'serving',
          image: IMAGE,
          imagePullPolicy: 'Never',
          env: Object.entries(env).map(([name, value]) => ({ name, value })),
          resources: { requests: { cpu: '50m', memory: '128Mi' } },
          readinessProbe: { httpGet: { path: '/health/ready', port: 8080 }, periodSeconds: 1 },
          securityContext: {
            readOnlyRootFilesystem: true,
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
          },
          volumeMounts: [{ name: 'cache', mountPath: CACHE }],
        },
      ],
      volumes: [{ name: 'cache', emptyDir: {} }],
    },
  };
}

/** The command of HEALTHCHECK, which Kubernetes does not run by itself. */
function healthCheck(): readonly string[] {
  const dockerfile = readFileSync(join(SERVING_ROOT, 'Dockerfile'), 'utf8');
  const command = /HEALTHCHECK[^[]*CMD (\[.*\])/.exec(dockerfile)?.[1];
  if (command === undefined) throw new Error('The Dockerfile has no HEALTHCHECK with a command in JSON');
  return JSON.parse(command) as string[];
}

describe('the image, in a real cluster', () => {
  const real = useRealRegistry();
  let cluster: TestCluster;
  let registry: PortForPods;
  let address: string;
  let version: string;

  before(async function () {
    this.timeout(CLUSTER_TIMEOUT_MS);
    cluster = await TestCluster.start();
    await run(join(SERVING_ROOT, 'image/build.sh'), [IMAGE], { maxBuffer: 64 * 1024 ** 2 });
    await cluster.load(IMAGE);
    registry = await PortForPods.open(real.port);
    ({ version } = await real.register('small-tensor', 'tensorA', { alias: 'champion' }));
    await cluster.kubectl(['create', 'namespace', NAMESPACE]);
    await cluster.apply(podOf({ MLFLOW_TRACKING_URI: registry.uri, MODEL_NAME: 'small-tensor' }));
    address = await eventually(async () => {
      const { status } = await pod();
      const container = status.containerStatuses?.[0];
      expect(container?.ready, JSON.stringify(status)).to.equal(true);
      return status.podIP!;
    }, READY_TIMEOUT_MS);
  });

  after(async function () {
    this.timeout(CLUSTER_TIMEOUT_MS);
    registry.close();
    const keepNothing = JSON.stringify({ metadata: { finalizers: null } });
    await cluster.kubectl(['-n', NAMESPACE, 'patch', 'pod', POD, '--type=merge', '-p', keepNothing]);
    await cluster.kubectl(['delete', 'namespace', NAMESPACE, '--wait=false']);
    await cluster.stop();
  });

  const pod = (): Promise<PodStatus> => cluster.get<PodStatus>(NAMESPACE, 'pod', POD);

  /** What a line of JavaScript in the container prints, or why it fails. */
  const inside = (script: string): ReturnType<TestCluster['exec']> =>
    cluster.exec(NAMESPACE, POD, [NODE, '-e', script]);

  it('answers predictions as the training side did', async () => {
    const { manifest } = real.packages.tensorA;
    const answer = await httpRequest({
      host: address,
      port: 8080,
      path: '/predict',
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ instances: manifest.golden.rows }),
    });
    expect(answer.status, answer.text).to.equal(200);
    expect(answer.headers['x-model-version']).to.equal(version);
    expectGolden((answer.json as Predictions).predictions, manifest);
  });

  it('runs as nobody in particular, without a shell or a package manager', async () => {
    expect((await inside('console.log(process.getuid(), process.getgid())')).output).to.match(/^65532 65532/);
    for (const program of ['/bin/sh', '/bin/bash', '/usr/bin/apt', '/usr/local/bin/npm']) {
      const { exitCode, output } = await cluster.exec(NAMESPACE, POD, [program, '--version']);
      expect(exitCode, program).not.to.equal(0);
      expect(output, program).to.match(/no such file/i);
    }
  });

  it('writes its cache, and nothing else', async () => {
    const write = (path: string) => inside(`require("node:fs").writeFileSync("${path}", "x")`);
    expect((await write(`${CACHE}/probe`)).exitCode).to.equal(0);
    for (const path of ['/app/probe', '/tmp/probe', '/probe', '/app/dist/src/main.js']) {
      const { exitCode, output } = await write(path);
      expect(exitCode, path).not.to.equal(0);
      expect(output, path).to.include('EROFS');
    }
  });

  it('passes its own health check', async () => {
    expect(await cluster.exec(NAMESPACE, POD, healthCheck())).to.include({ exitCode: 0 });
  });

  it('keeps the management port to itself', async () => {
    const refused = await httpRequest({ host: address, port: 8082, path: '/status' }).then(
      () => 'answered',
      (error: unknown) => (error as NodeJS.ErrnoException).code,
    );
    expect(refused).to.equal('ECONNREFUSED');
    expect(
      (await inside('fetch("http://127.0.0.1:8082/status").then((a) => console.log(a.status))')).output,
    ).to.match(/^200/);
  });

  it('holds the bill of its materials, with the digest that its label has', async () => {
    const { stdout: expected } = await run(join(SERVING_ROOT, 'image/sbom.sh'), [SERVING_ROOT], {
      maxBuffer: 64 * 1024 ** 2,
    });
    const { output } = await inside(
      'process.stdout.write(require("node:fs").readFileSync("/app/sbom.cdx.json"))',
    );
    expect(output).to.equal(expected);
    const sbom = JSON.parse(output) as {
      readonly bomFormat: string;
      readonly components: readonly { name: string }[];
    };
    expect(sbom.bomFormat).to.equal('CycloneDX');
    expect(sbom.components.map(({ name }) => name)).to.include.members([
      'express',
      'onnxruntime-node',
      'pino',
    ]);
    const { stdout: inspected } = await run('buildah', ['inspect', '--type', 'image', IMAGE]);
    const { Docker: image } = JSON.parse(inspected) as {
      readonly Docker: { readonly config: { readonly Labels: Readonly<Record<string, string>> } };
    };
    expect(image.config.Labels).to.include({
      'sbom.path': '/app/sbom.cdx.json',
      'sbom.sha256': createHash('sha256').update(expected).digest('hex'),
    });
  });

  it('adds less than 120 MB to Node', async () => {
    const { output } = await inside(`
      const { readdirSync, statSync } = require("node:fs");
      const bytes = (root) => readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .reduce((sum, entry) => sum + statSync(entry.parentPath + "/" + entry.name).size, 0);
      console.log(bytes("/app"));
    `);
    expect(Number(output) / 1e6).to.be.within(40, 120);
  });

  // The last one: afterwards nothing runs any more.
  it('ends with 0 when Kubernetes stops it, well before it is killed', async () => {
    const started = performance.now();
    await cluster.kubectl(['-n', NAMESPACE, 'delete', 'pod', POD, '--wait=false']);
    const terminated = await eventually(async () => {
      const { status } = await pod();
      const state = status.containerStatuses?.[0]?.state.terminated;
      if (state === undefined) throw new Error('It runs still');
      return state;
    }, 40_000);
    expect(terminated).to.include({ exitCode: 0, reason: 'Completed' });
    expect(performance.now() - started).to.be.below(20_000);
  });
});
