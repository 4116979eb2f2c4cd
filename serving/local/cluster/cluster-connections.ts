import { MlflowRegistry } from '../../src/registry/mlflow-registry.js';
import { AirflowApi } from '../airflow-api.js';
import { ApiProxy } from './api-proxy.js';
import type { Kubernetes } from './kubernetes.js';
import { ForwardedPorts } from './port-forward.js';

const AIRFLOW_PORT = 8080;
const MLFLOW_PORT = 5000;
const GIT_PORT = 9418;

/** A service of the cluster, as this machine reaches it. */
export interface Reached {
  readonly host: string;
  readonly url: string;
}

/** Connections to a platform in a cluster, each opened when it is first asked for. */
export class ClusterConnections {
  readonly #open = new Map<string, Promise<ForwardedPorts>>();
  #proxy: Promise<ApiProxy> | undefined;

  constructor(private readonly kubernetes: Kubernetes) {}

  /** Connections of their own, for as long as they are used: ports lead to one pod each, which may be replaced any time. */
  static async during<T>(
    kubernetes: Kubernetes,
    use: (connections: ClusterConnections) => Promise<T>,
  ): Promise<T> {
    const connections = new ClusterConnections(kubernetes);
    try {
      return await use(connections);
    } finally {
      await connections.close();
    }
  }

  async airflow(): Promise<{ readonly api: AirflowApi; readonly url: string }> {
    const { url } = await this.service('airflow', AIRFLOW_PORT);
    const { username = '', password = '' } = await this.kubernetes.secret('airflow-api');
    return { api: new AirflowApi(url, password, username), url };
  }

  /** With the rights of its administrator. */
  async registry(): Promise<MlflowRegistry> {
    const { url: trackingUri } = await this.service('mlflow', MLFLOW_PORT);
    const { username, password } = await this.kubernetes.secret('mlflow-admin');
    return new MlflowRegistry({ trackingUri, username, password, timeoutMs: 10_000 });
  }

  /** The repository that Airflow follows. */
  async dagRepository(): Promise<string> {
    return `git://${(await this.service('git', GIT_PORT)).host}/dags.git`;
  }

  proxy(): Promise<ApiProxy> {
    this.#proxy ??= ApiProxy.open();
    return this.#proxy;
  }

  async service(name: string, port: number): Promise<Reached> {
    let opening = this.#open.get(name);
    if (opening === undefined) {
      opening = ForwardedPorts.open(this.kubernetes.namespace, `service/${name}`, [port]);
      this.#open.set(name, opening);
    }
    const host = `127.0.0.1:${(await opening).of(port)}`;
    return { host, url: `http://${host}` };
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled([...this.#open.values(), ...(this.#proxy ? [this.#proxy] : [])]);
    for (const result of opened) if (result.status === 'fulfilled') result.value.close();
  }
}
