import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageIn } from '../../test/support/package-folders.js';
import { freePorts } from '../../test/support/free-ports.js';
import { PackageRegistry } from '../tier/package-registry.js';
import type { Usage } from '../tier/process-usage.js';
import { TierProcess } from '../tier/tier-process.js';
import { PeerProcess, type PeerCommand } from './peer-process.js';

/** What `model/champion.py` has written, and the Python environments of the peers. */
export interface Surroundings {
  readonly modelDir: string;
  /** Holds one environment a peer. */
  readonly environmentsDir: string;
  readonly trainingPython: string;
}

/** A server of the comparison that runs. */
export interface RunningServer {
  readonly port: number;
  /** 0: it has none. */
  readonly grpcPort: number;
  usage(): Promise<Usage>;
  stop(): Promise<void>;
}

export interface RunningTier extends RunningServer {
  /** Moves the champion to the other of two versions and waits until that one answers. */
  swap(): Promise<void>;
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const PYTHON = here('python');

async function answers(url: string): Promise<void> {
  const { ok } = await fetch(url);
  if (!ok) throw new Error(`${url} is not ready`);
}

async function startPeer(command: PeerCommand, port: number, health: string, grpcPort = 0) {
  const peer = await PeerProcess.start(command, () => answers(`http://127.0.0.1:${port}${health}`));
  return { port, grpcPort, usage: () => peer.usage(), stop: () => peer.stop() } satisfies RunningServer;
}

async function startNode(name: string, { modelDir }: Surroundings): Promise<RunningServer> {
  const [port] = (await freePorts(1)) as [number];
  const args = ['--import', 'tsx', here(`../servers/${name}.ts`), join(modelDir, 'package'), String(port)];
  const command = { name, command: process.execPath, args, cwd: here('../..') };
  const peer = await PeerProcess.start(command, async () => {
    // Express answers 404 where it has no route; that it answers is what counts.
    await fetch(`http://127.0.0.1:${port}/`);
  });
  return { port, grpcPort: 0, usage: () => peer.usage(), stop: () => peer.stop() };
}

/** One uvicorn worker with its fast event loop and parser, without its access log. */
async function startUvicorn(
  app: string,
  { modelDir, environmentsDir }: Surroundings,
): Promise<RunningServer> {
  const [port] = (await freePorts(1)) as [number];
  const name = app.replace('_app', '');
  return startPeer(
    {
      name,
      command: join(environmentsDir, 'asgi/bin/uvicorn'),
      args: [
        `${app}:app`,
        ...['--port', String(port), '--workers', '1', '--loop', 'uvloop', '--http', 'httptools'],
        ...['--no-access-log', '--log-level', 'warning'],
      ],
      cwd: PYTHON,
      env: { MODEL_DIR: join(modelDir, 'package') },
    },
    port,
    '/metrics',
  );
}

/** This tier as it is shipped, with its defaults: metrics, sampled access log and validation on. One process. */
export async function startTier({ modelDir }: Surroundings): Promise<RunningTier> {
  const packages = ['package', 'variant'].map((name) => packageIn(join(modelDir, name)));
  const registry = await PackageRegistry.start(packages);
  const tier = await TierProcess.start(registry, packages[0]!.manifest.model_name);
  let version = 1;
  return {
    port: tier.port,
    grpcPort: tier.grpcPort,
    usage: () => tier.usage,
    async swap() {
      version = 3 - version;
      registry.point(String(version));
      await tier.swapTo(String(version));
    },
    async stop() {
      await tier.stop();
      await registry.stop();
    },
  };
}

/** @param signature which of MLflow's two kinds of signature the model has */
async function startMlflow(
  signature: 'tensor' | 'columns',
  { modelDir, trainingPython }: Surroundings,
): Promise<RunningServer> {
  const [port] = (await freePorts(1)) as [number];
  const bin = resolve(trainingPython, '..');
  return startPeer(
    {
      name: `mlflow-${signature}`,
      command: trainingPython,
      args: [
        ...['-m', 'mlflow', 'models', 'serve', '--model-uri', join(modelDir, `mlflow-${signature}`)],
        ...['--env-manager', 'local', '--host', '127.0.0.1', '--port', String(port), '--workers', '1'],
      ],
      // It looks for uvicorn there.
      env: { PATH: `${bin}:${process.env['PATH'] ?? ''}` },
    },
    port,
    '/ping',
  );
}

async function startMlserver({ modelDir, environmentsDir }: Surroundings): Promise<RunningServer> {
  const [port, grpcPort, metricsPort] = (await freePorts(3)) as [number, number, number];
  return startPeer(
    {
      name: 'mlserver',
      command: join(environmentsDir, 'mlserver/bin/mlserver'),
      args: ['start', join(PYTHON, 'mlserver')],
      env: {
        MODEL_DIR: join(modelDir, 'package'),
        PYTHONPATH: PYTHON,
        MLSERVER_HTTP_PORT: String(port),
        MLSERVER_GRPC_PORT: String(grpcPort),
        MLSERVER_METRICS_PORT: String(metricsPort),
      },
    },
    port,
    '/v2/health/ready',
    grpcPort,
  );
}

async function startBentoml({ modelDir, environmentsDir }: Surroundings): Promise<RunningServer> {
  const [port] = (await freePorts(1)) as [number];
  return startPeer(
    {
      name: 'bentoml',
      command: join(environmentsDir, 'bentoml/bin/bentoml'),
      args: ['serve', 'bentoml_service:CreditScoring', '--host', '127.0.0.1', '--port', String(port), '-q'],
      cwd: PYTHON,
      env: { MODEL_DIR: join(modelDir, 'package'), BENTOML_DO_NOT_TRACK: 'True' },
    },
    port,
    '/readyz',
  );
}

async function startLitserve({ modelDir, environmentsDir }: Surroundings): Promise<RunningServer> {
  const [port] = (await freePorts(1)) as [number];
  return startPeer(
    {
      name: 'litserve',
      command: join(environmentsDir, 'litserve/bin/python'),
      args: ['litserve_app.py', String(port)],
      cwd: PYTHON,
      env: { MODEL_DIR: join(modelDir, 'package') },
    },
    port,
    '/health',
  );
}

/** How each server of the comparison is started. */
export const CONTENDERS = {
  tier: startTier,
  hello: (surroundings: Surroundings) => startNode('hello', surroundings),
  express: (surroundings: Surroundings) => startNode('express', surroundings),
  starlette: (surroundings: Surroundings) => startUvicorn('starlette_app', surroundings),
  fastapi: (surroundings: Surroundings) => startUvicorn('fastapi_app', surroundings),
  litserve: startLitserve,
  bentoml: startBentoml,
  mlserver: startMlserver,
  mlflow: (surroundings: Surroundings) => startMlflow('tensor', surroundings),
  'mlflow-columns': (surroundings: Surroundings) => startMlflow('columns', surroundings),
} as const satisfies Record<string, (surroundings: Surroundings) => Promise<RunningServer>>;

export type ContenderName = keyof typeof CONTENDERS;
