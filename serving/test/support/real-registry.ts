import { httpRequest, type HttpAnswer } from './http-request.js';
import { MlflowRegistry } from '../../src/registry/mlflow-registry.js';
import { MLFLOW_TIMEOUT_MS, MlflowServer } from './mlflow-server.js';
import { PACKAGES_TIMEOUT_MS, realPackages, type RealPackages } from './model-packages.js';
import { ModelRegistrar, type Break, type RegisteredVersion } from './model-registrar.js';

interface Started {
  readonly server: MlflowServer;
  readonly registrar: ModelRegistrar;
  /** Resolves when both can be used. */
  readonly ready: Promise<unknown>;
}

// Both take seconds to start: they do so while tests that need neither run, but after the packages are written,
// which others wait for.
let starting: Promise<Started> | undefined;

before(() => {
  starting = realPackages()
    .then(() => MlflowServer.create())
    .then((server) => {
      const registrar = ModelRegistrar.start(server.trackingUri);
      return { server, registrar, ready: Promise.all([server.ensureRunning(), registrar.ready]) };
    });
  starting
    .then(({ ready }) => ready)
    .catch(() => {
      // Who waits for it gets the error.
    });
});

after(async () => {
  const { server, registrar } = await starting!;
  registrar.stop();
  await server.kill();
});

/** The MLflow server that all tests of a run share, and what the training side can do with it. */
export class RealRegistry {
  #started: Started | undefined;
  #packages: RealPackages | undefined;
  #registry: MlflowRegistry | undefined;

  async prepare(): Promise<void> {
    this.#started = await starting!;
    await this.#started.ready;
    // A test may have killed it.
    await this.#started.server.ensureRunning();
    this.#packages = await realPackages();
    this.#registry = new MlflowRegistry({ trackingUri: this.trackingUri, timeoutMs: 30_000 });
  }

  get server(): MlflowServer {
    return this.#started!.server;
  }

  get trackingUri(): string {
    return this.server.trackingUri;
  }

  get port(): number {
    return Number(new URL(this.trackingUri).port);
  }

  get packages(): RealPackages {
    return this.#packages!;
  }

  /** This tier's own client. */
  get registry(): MlflowRegistry {
    return this.#registry!;
  }

  /** Registers a package as the training side does. */
  register(
    model: string,
    source: keyof RealPackages = 'tensorA',
    options: { readonly alias?: string; readonly break?: Break } = {},
  ): Promise<RegisteredVersion> {
    const { directory } = this.packages[source];
    return this.#started!.registrar.register({ package: directory, model, ...options });
  }

  /** A call of MLflow's REST API that this tier has no use for. */
  post(path: string, body: unknown): Promise<HttpAnswer> {
    return httpRequest({
      port: this.port,
      path: `/api/2.0/mlflow${path}`,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }
}

/** To be called in `describe`: the registry runs before the tests of that suite, and can be used in them. */
export function useRealRegistry(): RealRegistry {
  const real = new RealRegistry();
  before(function () {
    this.timeout(MLFLOW_TIMEOUT_MS + PACKAGES_TIMEOUT_MS);
    return real.prepare();
  });
  return real;
}
