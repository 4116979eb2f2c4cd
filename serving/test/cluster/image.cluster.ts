import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { z } from 'zod';
import { Kubernetes, type ExecResult } from '../../local/cluster/kubernetes.js';
import { loadImages } from '../../local/cluster/platform-images.js';
import { contextOf } from '../../local/cluster/playground.js';
import type { ForwardedPorts } from '../../local/cluster/port-forward.js';
import { readSettings } from '../../local/settings.js';
import type { StatusReport } from '../../src/api/status-report.js';
import { eventually } from '../support/eventually.js';
import { expectGolden } from '../support/golden-answers.js';
import { GrpcCaller } from '../support/grpc-call.js';
import {
  httpRequest,
  readAnswer,
  type HttpAnswer,
  type HttpRequestOptions,
} from '../support/http-request.js';
import { CACHE, imagePod, readyPorts } from '../support/image-pod.js';
import { useRealRegistry } from '../support/real-registry.js';
import { PortForPods } from '../support/test-cluster.js';
import type { Predictions } from '../support/tier-under-test.js';
import { SERVING_ROOT } from '../support/training-environment.js';

const run = promisify(execFile);
const { cluster: SETTINGS } = readSettings();
const IMAGE = `${SETTINGS.imageRegistry}/serving:${SETTINGS.imageTag}`;
const NAMESPACE = `serving-image-${process.pid}`;
const MODEL = 'small-tensor';
const NODE = '/usr/local/bin/node';
const FINALIZER = 'tests.model-serving/keep';
const MAX_OUTPUT_BYTES = 16 * 1024 ** 2;
const MAX_ADDED_BYTES = 120e6;

/** For starting and stopping what the tests need, with the image in the cluster. */
const HOOK_TIMEOUT_MS = 5 * 60_000;
const WORKERS_TIMEOUT_MS = 120_000;
/** Kubernetes kills a pod that has not ended after 30 s. */
const KILLED_AFTER_MS = 30_000;

const podSchema = z.object({
  status: z.object({
    podIP: z.string().optional(),
    containerStatuses: z
      .array(
        z.object({
          state: z.object({ terminated: z.object({ exitCode: z.number(), reason: z.string() }).optional() }),
        }),
      )
      .default([]),
  }),
});

interface PodOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cpuLimit: string;
  readonly readOnly: boolean;
}

/** The image in a pod. */
class PodUnderTest {
  #ports: ForwardedPorts | undefined;

  private constructor(
    readonly name: string,
    readonly cluster: Kubernetes,
  ) {}

  static async start(
    cluster: Kubernetes,
    name: string,
    { env, cpuLimit, readOnly }: PodOptions,
  ): Promise<PodUnderTest> {
    const pod = imagePod({
      name,
      image: IMAGE,
      env: { ...env, MODEL_NAME: MODEL },
      limits: { cpu: cpuLimit },
      readOnly,
      // In sight after it was deleted, for its exit code.
      finalizers: [FINALIZER],
    });
    await cluster.apply(pod);
    return new PodUnderTest(name, cluster);
  }

  async pod(): Promise<z.infer<typeof podSchema>['status']> {
    return (await this.cluster.get(podSchema, 'pod', this.name)).status;
  }

  async container() {
    const status = await this.pod();
    const [container] = status.containerStatuses;
    if (container === undefined) throw new Error(`No container yet: ${JSON.stringify(status)}`);
    return container;
  }

  /** Waits until it answers. */
  async ready(): Promise<void> {
    this.#ports = await readyPorts(this.cluster, this.name, [8080, 8081]);
  }

  get httpPort(): number {
    return this.#ports!.of(8080);
  }

  get grpcPort(): number {
    return this.#ports!.of(8081);
  }

  close(): void {
    this.#ports?.close();
  }

  request(path: string, options: Omit<HttpRequestOptions, 'path' | 'port'> = {}): Promise<HttpAnswer> {
    return httpRequest({ ...options, port: this.httpPort, path });
  }

  predict(instances: readonly unknown[]): Promise<HttpAnswer> {
    const headers = { 'content-type': 'application/json' };
    return this.request('/predict', { method: 'POST', headers, body: JSON.stringify({ instances }) });
  }

  /** A request for a prediction of which the server has all but the last byte. */
  async almostSent(body: string): Promise<ClientRequest> {
    const outgoing = request({
      port: this.httpPort,
      path: '/predict',
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': body.length },
      agent: false,
    });
    await new Promise((resolve) => outgoing.write(body.slice(0, -1), resolve));
    return outgoing;
  }

  exec(command: readonly string[]): Promise<ExecResult> {
    return this.cluster.exec(this.name, command);
  }

  /** What a script prints that Node runs in the container. @throws when it fails */
  async evaluate(script: string): Promise<string> {
    const { exitCode, output } = await this.exec([NODE, '-e', script]);
    expect(exitCode, output).to.equal(0);
    return output;
  }

  /** The whole answer of the management port, which is on the loopback address of the pod. */
  async manage(path: string): Promise<string> {
    return this.evaluate(`
      const answer = await fetch("http://127.0.0.1:8082${path}");
      if (!answer.ok) throw new Error(answer.status + " " + (await answer.text()));
      process.stdout.write(await answer.text());
    `);
  }

  async status(): Promise<StatusReport> {
    return JSON.parse(await this.manage('/status')) as StatusReport;
  }

  log(): Promise<string> {
    return this.cluster.logs(this.name);
  }

  /** Stops it as Kubernetes does. */
  async delete(): Promise<void> {
    await this.cluster.kubectl(['delete', 'pod', this.name, '--wait=false']);
  }
}

/** The command of HEALTHCHECK, which Kubernetes does not run by itself. */
function healthCheck(): readonly string[] {
  const dockerfile = readFileSync(join(SERVING_ROOT, 'Dockerfile'), 'utf8');
  const command = /HEALTHCHECK[^[]*CMD (\[.*\])/.exec(dockerfile)?.[1];
  if (command === undefined) throw new Error('The Dockerfile has no HEALTHCHECK with a command in JSON');
  return JSON.parse(command) as string[];
}

interface Inspected {
  readonly Docker: { readonly config: { readonly Labels: Readonly<Record<string, string>> } };
}

/** The labels of an image, from the first program that knows it. */
async function labelsOf(image: string): Promise<Readonly<Record<string, string>>> {
  const buildah = await run('buildah', ['inspect', '--type=image', image]).catch(() => undefined);
  if (buildah !== undefined) return (JSON.parse(buildah.stdout) as Inspected).Docker.config.Labels;
  for (const program of ['docker', 'podman']) {
    const args = ['image', 'inspect', '--format={{json .Config.Labels}}', image];
    const found = await run(program, args).catch(() => undefined);
    if (found !== undefined) return JSON.parse(found.stdout) as Record<string, string>;
  }
  throw new Error(`Neither buildah nor docker nor podman has ${image}`);
}

/** Every file and folder of the image as `stat` has it, without the mounts of the kernel and of Kubernetes. */
const ENTRIES = `
  const { lstatSync, readFileSync, readdirSync } = require("node:fs");
  const image = lstatSync("/").dev;
  function* below(folder) {
    for (const name of readdirSync(folder)) {
      const path = folder + name;
      const stats = lstatSync(path);
      if (stats.dev !== image) continue;
      yield { path, stats };
      if (stats.isDirectory()) yield* below(path + "/");
    }
  }
  const entries = [...below("/")];
  const print = (found) => console.log(found.map(({ path }) => path).join("\\n"));
`;

/**
 * Prints what is newer than the start of the container's first process, some ticks after the machine's. Up to the
 * last mount point in /etc, which the program can't change, that process is the container runtime.
 */
const PRINT_WRITTEN = `${ENTRIES}
  const ticks = Number(readFileSync("/proc/1/stat", "utf8").split(") ")[1].split(" ")[19]);
  const created = Date.now() - require("node:os").uptime() * 1000 + ticks * 10;
  const started = Math.max(created, lstatSync("/etc").ctimeMs);
  print(entries.filter(({ stats }) => stats.ctimeMs > started));
`;

/** Prints `name@version` of every package of npm's. */
const PRINT_PACKAGES = `
  const { readFileSync, readdirSync } = require("node:fs");
  const names = (folder) => readdirSync(folder).flatMap((name) =>
    name.startsWith("@") ? readdirSync(folder + "/" + name).map((scoped) => name + "/" + scoped) : [name]);
  function print(folder) {
    for (const name of names(folder).filter((name) => !name.startsWith("."))) {
      const inside = folder + "/" + name;
      console.log(name + "@" + JSON.parse(readFileSync(inside + "/package.json")).version);
      if (readdirSync(inside).includes("node_modules")) print(inside + "/node_modules");
    }
  }
  print("/app/node_modules");
`;

describe('the image, in a real cluster', () => {
  const real = useRealRegistry();
  const cluster = new Kubernetes(NAMESPACE);
  let registry: PortForPods;
  let version: string;
  /** As strict as can be, on one CPU. */
  let strict: PodUnderTest;
  /** Two workers, and a root file system that can be written to, as where nobody forbids it. */
  let workers: PodUnderTest;

  before(async function () {
    this.timeout(HOOK_TIMEOUT_MS);
    await loadImages(cluster, SETTINGS, await contextOf(SETTINGS), [IMAGE]);
    registry = await PortForPods.open(real.port, cluster);
    ({ version } = await real.register(MODEL, 'tensorA', { alias: 'champion' }));
    await cluster.createNamespace();
    const MLFLOW_TRACKING_URI = registry.uri;
    strict = await PodUnderTest.start(cluster, 'strict', {
      env: { MLFLOW_TRACKING_URI },
      cpuLimit: '1',
      readOnly: true,
    });
    workers = await PodUnderTest.start(cluster, 'workers', {
      env: { MLFLOW_TRACKING_URI, WORKERS: '2' },
      cpuLimit: '2',
      readOnly: false,
    });
    await Promise.all([strict.ready(), workers.ready()]);
  });

  after(async function () {
    this.timeout(HOOK_TIMEOUT_MS);
    registry.close();
    for (const pod of [strict, workers]) pod.close();
    // Kept in sight until now, after they were deleted.
    const pods = await cluster.list(z.object({ metadata: z.object({ name: z.string() }) }), 'pods');
    for (const { metadata } of pods)
      await cluster.patch('pod', metadata.name, { metadata: { finalizers: null } });
    await cluster.deleteNamespace();
  });

  it('answers predictions as the training side did', async () => {
    const { manifest } = real.packages.tensorA;
    for (const pod of [strict, workers]) {
      const answer = await pod.predict(manifest.golden.rows);
      expect(answer.status, answer.text).to.equal(200);
      expect(answer.headers['x-model-version']).to.equal(version);
      expectGolden((answer.json as Predictions).predictions, manifest);
    }
  });

  it('answers gRPC', async () => {
    const rows = real.packages.tensorA.manifest.golden.rows as readonly (readonly number[])[];
    const contents = { fp32_contents: rows.flat() };
    const input = { name: 'features', datatype: 'FP32', shape: [rows.length, rows[0]!.length], contents };
    for (const pod of [strict, workers]) {
      const caller = new GrpcCaller(pod.grpcPort);
      expect((await caller.call('ServerReady', {})).body).to.deep.equal({ ready: true });
      const answer = await caller.call('ModelInfer', { model_name: MODEL, inputs: [input] });
      expect(answer.status, answer.details).to.equal(0);
      expect(answer.body).to.include({ model_name: MODEL, model_version: version });
      caller.close();
    }
  });

  it('has the pages for people, and what they are made of', async () => {
    for (const path of ['/docs', '/openapi.json']) {
      const answer = await strict.request(path);
      expect(answer.status, path).to.equal(200);
    }
    expect(await strict.manage('/')).to.include('<html');
  });

  it('has as many workers as the pod has whole CPUs, or as it is told', async () => {
    expect((await strict.status()).workers).to.have.length(1);
    const pids = await eventually(async () => {
      const two = (await workers.status()).workers;
      expect(two.map(({ ready }) => ready)).to.deep.equal([true, true]);
      return two.map(({ pid }) => pid);
    }, WORKERS_TIMEOUT_MS);
    expect(new Set([1, ...pids]).size, 'the first process is neither').to.equal(3);
  });

  it('runs as nobody in particular, without a capability, behind a seccomp filter', async () => {
    for (const pod of [strict, workers]) {
      const status = await pod.evaluate(
        'process.stdout.write(require("node:fs").readFileSync("/proc/1/status"))',
      );
      expect(status).to.match(/^Uid:\t65532\t65532\t65532\t65532$/m);
      expect(status).to.match(/^Gid:\t65532\t65532\t65532\t65532$/m);
      for (const set of ['CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
        expect(status).to.match(new RegExp(`^${set}:\t0+$`, 'm'));
      expect(status).to.match(/^NoNewPrivs:\t1$/m);
      expect(status).to.match(/^Seccomp:\t2$/m);
    }
  });

  it('holds no program but Node: no shell, no package manager', async () => {
    // Scripts of packages have the bit too, and nothing to run them.
    const programs = await strict.evaluate(`${ENTRIES}
      print(entries.filter(({ path, stats }) =>
        stats.isFile() && (stats.mode & 0o111) !== 0 && !path.startsWith("/app/") && !/\\.so(\\.|$)/.test(path)));
    `);
    expect(programs.trim()).to.equal(NODE);
    for (const program of ['/bin/sh', '/bin/bash', '/usr/bin/env', '/usr/local/bin/npm']) {
      const { exitCode, output } = await strict.exec([program, '--version']);
      expect(exitCode, program).not.to.equal(0);
      expect(output, program).to.match(/no such file/i);
    }
  });

  it('holds nothing that its user may change', async () => {
    const changeable = await strict.evaluate(`${ENTRIES}
      print(entries.filter(({ stats }) => !stats.isSymbolicLink() && (stats.uid !== 0 || (stats.mode & 0o022) !== 0)));
    `);
    // The sticky folder for temporary files, as everywhere.
    expect(changeable.trim()).to.equal('/tmp');
  });

  it('writes its cache, and can write nothing else', async () => {
    const write = (path: string) =>
      strict.exec([NODE, '-e', `require("node:fs").writeFileSync("${path}", "x")`]);
    expect((await write(`${CACHE}/probe`)).exitCode).to.equal(0);
    for (const path of ['/app/probe', '/tmp/probe', '/probe', '/app/dist/src/main.js']) {
      const { exitCode, output } = await write(path);
      expect(exitCode, path).not.to.equal(0);
      expect(output, path).to.include('EROFS');
    }
  });

  it('writes nothing else where it could, not even what the ONNX runtime would', async () => {
    expect((await workers.evaluate(PRINT_WRITTEN)).trim()).to.equal('');
    const probe = 'require("node:fs").writeFileSync("/tmp/probe", "x");';
    const seen = await workers.evaluate(`${probe} ${PRINT_WRITTEN}`);
    expect(seen.trim().split('\n'), 'it would have been seen').to.have.members(['/tmp', '/tmp/probe']);
  });

  it('passes its own health check', async () => {
    for (const pod of [strict, workers]) expect(await pod.exec(healthCheck())).to.include({ exitCode: 0 });
  });

  it('opens its ports to other pods, except for that of the management', async () => {
    const { podIP } = await strict.pod();
    const connected = await workers.evaluate(`
      const { connect } = require("node:net");
      for (const port of [8080, 8081, 8082]) {
        const socket = connect(port, "${podIP}");
        socket.on("connect", () => { console.log(port, "open"); socket.destroy(); });
        socket.on("error", (error) => console.log(port, error.code));
      }
    `);
    const lines = connected.trim().split('\n');
    expect(lines).to.have.members(['8080 open', '8081 open', '8082 ECONNREFUSED']);
    expect((await strict.status()).available).to.include({ version });
  });

  it('has the command line of the tier', async () => {
    const { exitCode, output } = await strict.exec([NODE, 'dist/src/cli/main.js', '--help']);
    expect(exitCode, output).to.equal(0);
    expect(output).to.include('promote');
  });

  it('holds the bill of its materials, of all packages and no others, with the digest that its label has', async () => {
    const { stdout: expected } = await run(join(SERVING_ROOT, 'image/sbom.sh'), [SERVING_ROOT], {
      maxBuffer: MAX_OUTPUT_BYTES,
    });
    const found = await strict.evaluate(
      'process.stdout.write(require("node:fs").readFileSync("/app/sbom.cdx.json"))',
    );
    expect(found).to.equal(expected);
    const sbom = JSON.parse(found) as {
      readonly bomFormat: string;
      readonly components: readonly { readonly name: string; readonly version: string }[];
    };
    expect(sbom.bomFormat).to.equal('CycloneDX');
    const installed = new Set((await strict.evaluate(PRINT_PACKAGES)).trim().split('\n'));
    expect(sbom.components.map(({ name, version: listed }) => `${name}@${listed}`)).to.have.members([
      ...installed,
    ]);
    expect(await labelsOf(IMAGE)).to.include({
      'sbom.path': '/app/sbom.cdx.json',
      'sbom.format': 'CycloneDX',
      'sbom.sha256': createHash('sha256').update(found).digest('hex'),
    });
  });

  it('adds less than 120 MB to Node', async () => {
    const bytes = await strict.evaluate(`${ENTRIES}
      const added = entries.filter(({ path, stats }) => stats.isFile() && path !== "${NODE}");
      console.log(added.reduce((sum, { stats }) => sum + stats.size, 0));
    `);
    expect(Number(bytes)).to.be.within(40e6, MAX_ADDED_BYTES);
  });

  // The last ones: afterwards nothing runs any more.
  for (const [what, stopped] of [
    ['one process', () => strict],
    ['a primary and its workers', () => workers],
  ] as const) {
    it(`as ${what}, finishes what it has begun when Kubernetes stops it, and ends with 0`, async () => {
      const pod = stopped();
      const { manifest } = real.packages.tensorA;
      const body = JSON.stringify({ instances: manifest.golden.rows });
      const outgoing = await pod.almostSent(body);
      const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
      const started = performance.now();
      await pod.delete();
      await eventually(async () => {
        expect(await pod.log()).to.include('"msg":"stopping"');
      }, KILLED_AFTER_MS);
      expect((await pod.container()).state.terminated, 'it waits').to.equal(undefined);
      outgoing.end(body.slice(-1));
      const [response] = await answered;
      const answer = await readAnswer(response);
      expect(answer.status, answer.text).to.equal(200);
      expectGolden((answer.json as Predictions).predictions, manifest);

      const terminated = await eventually(async () => {
        const { state } = await pod.container();
        if (state.terminated === undefined) throw new Error('It runs still');
        return state.terminated;
      }, KILLED_AFTER_MS);
      expect(terminated).to.include({ exitCode: 0, reason: 'Completed' });
      expect(performance.now() - started).to.be.below(KILLED_AFTER_MS - 10_000);
    });
  }
});
