import { Kubernetes } from '../../local/cluster/kubernetes.js';
import { loadImages } from '../../local/cluster/platform-images.js';
import { contextOf } from '../../local/cluster/playground.js';
import type { ForwardedPorts } from '../../local/cluster/port-forward.js';
import { readSettings } from '../../local/settings.js';
import { imagePod, readyPorts } from '../support/image-pod.js';
import { PortForPods } from '../support/test-cluster.js';
import type { ImageToRun, RunningImage } from './running-image.js';

const NAME = 'accepted';

/** A pod in a namespace of its own. Its ports, that of management too, are forwarded to this machine. */
export class ImageInPod implements RunningImage {
  private constructor(
    readonly cluster: Kubernetes,
    readonly registry: PortForPods,
    readonly ports: ForwardedPorts,
  ) {}

  static async start({ image, modelName, registryPort }: ImageToRun): Promise<ImageInPod> {
    const { cluster: settings } = readSettings();
    const cluster = new Kubernetes(`accepted-image-${process.pid}`);
    await loadImages(cluster, settings, await contextOf(settings), [image]);
    const registry = await PortForPods.open(registryPort, cluster);
    await cluster.createNamespace();
    try {
      const env = { MODEL_NAME: modelName, MLFLOW_TRACKING_URI: registry.uri };
      await cluster.apply(imagePod({ name: NAME, image, env, limits: { cpu: '1', memory: '1Gi' } }));
      return new ImageInPod(cluster, registry, await readyPorts(cluster, NAME, [8080, 8082]));
    } catch (error) {
      registry.close();
      await cluster.deleteNamespace();
      throw error;
    }
  }

  get origin(): string {
    return `http://127.0.0.1:${this.ports.of(8080)}`;
  }

  get managementOrigin(): string {
    return `http://127.0.0.1:${this.ports.of(8082)}`;
  }

  log(): Promise<string> {
    return this.cluster.logs(NAME);
  }

  async stop(): Promise<void> {
    this.ports.close();
    this.registry.close();
    await this.cluster.deleteNamespace();
  }
}
