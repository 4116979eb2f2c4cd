import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { championIn, type Champion } from '../../local/champion.js';
import { ClusterConnections } from '../../local/cluster/cluster-connections.js';
import { gatewayAddress, type GatewayAddress } from '../../local/cluster/gateway-address.js';
import { Helm } from '../../local/cluster/helm.js';
import { Kubernetes } from '../../local/cluster/kubernetes.js';
import { readSettings, type Settings } from '../../local/settings.js';
import { ClusterVolumes } from './cluster-volumes.js';
import { SERVING_ROOT } from './training-environment.js';

const VOLUMES = 8;

/** A platform in a namespace of its own, driven by the same commands that a user types. */
export class ClusterPlatform {
  readonly settings: Settings;
  readonly kubernetes: Kubernetes;
  readonly helm: Helm;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #folder: string;
  readonly #volumes: ClusterVolumes | undefined;
  #connections: ClusterConnections | undefined;

  private constructor(namespace: string, values: object, volumes: ClusterVolumes | undefined) {
    this.#volumes = volumes;
    this.#folder = mkdtempSync(path.join(tmpdir(), `${namespace}-`));
    const file = path.join(this.#folder, 'values.yaml');
    writeFileSync(file, stringify(values));
    this.#environment = { CLUSTER_NAMESPACE: namespace, CLUSTER_VALUES: file };
    this.settings = readSettings({ ...process.env, ...this.#environment });
    this.kubernetes = new Kubernetes(namespace);
    this.helm = new Helm(namespace);
  }

  /**
   * Installs nothing yet. What a run that was killed has left is deleted first.
   * @param values made of the storage class that claims are to name; empty: the cluster's own
   */
  static async create(namespace: string, values: (storageClass: string) => object): Promise<ClusterPlatform> {
    const kubernetes = new Kubernetes(namespace);
    await kubernetes.deleteNamespace({ wait: true });
    const volumes = await ClusterVolumes.forCluster(kubernetes, namespace, VOLUMES);
    return new ClusterPlatform(namespace, values(volumes?.storageClass ?? ''), volumes);
  }

  /** Reaches the platform as it is now: a forwarding ends with its pod. */
  get connections(): ClusterConnections {
    this.#connections ??= new ClusterConnections(this.kubernetes);
    return this.#connections;
  }

  async reconnect(): Promise<void> {
    await this.#connections?.close();
    this.#connections = undefined;
  }

  gateway(): Promise<GatewayAddress> {
    return gatewayAddress(this.kubernetes, 'serving');
  }

  async champion(): Promise<Champion> {
    const champion = await championIn(await this.connections.registry(), this.settings);
    if (champion === undefined) throw new Error('There is no champion.');
    return champion;
  }

  /** Runs a command of the platform as a user does, showing what it prints; resolves to all of that. */
  async run(command: 'cluster-up' | 'cluster-down'): Promise<string> {
    const child = spawn(process.execPath, ['--import', 'tsx', 'local/main.ts', command], {
      cwd: SERVING_ROOT,
      env: { ...process.env, ...this.#environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const kill = (): void => {
      child.kill();
    };
    process.once('exit', kill);
    const output: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output.push(text);
        process.stdout.write(text.replaceAll(/^(?=.)/gm, '      | '));
      });
    }
    const [code] = (await once(child, 'close')) as [number | null];
    process.off('exit', kill);
    if (code !== 0) throw new Error(`${command} ended with ${String(code)}:\n${output.join('')}`);
    return output.join('');
  }

  /** All of it, with its data. */
  async dispose(): Promise<void> {
    await this.reconnect();
    await this.kubernetes.deleteNamespace({ wait: true });
    await this.#volumes?.delete();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
