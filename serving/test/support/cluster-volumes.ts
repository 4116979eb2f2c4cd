import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import type { Kubernetes } from '../../local/cluster/kubernetes.js';

const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';
const classSchema = z.object({
  metadata: z.object({ annotations: z.record(z.string(), z.string()).default({}) }),
});
const nodeSchema = z.object({ metadata: z.object({ labels: z.record(z.string(), z.string()) }) });

/** Volumes for claims of one test run, in a cluster that has no storage class of its own. */
export class ClusterVolumes {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'cluster-volumes-'));

  private constructor(
    private readonly kubernetes: Kubernetes,
    /** The storage class that claims are to name. */
    readonly storageClass: string,
    private readonly count: number,
  ) {}

  /**
   * Folders of this machine, which is the only node. `local` volumes, and not `hostPath`: of these, the kubelet would
   * leave the owner as it is, and nobody but root could write.
   * @returns undefined where the cluster makes volumes by itself
   */
  static async forCluster(
    kubernetes: Kubernetes,
    storageClass: string,
    count: number,
  ): Promise<ClusterVolumes | undefined> {
    const classes = await kubernetes.list(classSchema, 'storageclasses');
    if (classes.some(({ metadata }) => metadata.annotations[DEFAULT_CLASS] === 'true')) return undefined;
    const volumes = new ClusterVolumes(kubernetes, storageClass, count);
    await volumes.#create();
    return volumes;
  }

  /** For claims that name no class, as those of an environment whose cloud has one. */
  async makeDefault(): Promise<void> {
    const annotations = { [DEFAULT_CLASS]: 'true' };
    await this.kubernetes.patch('storageclass', this.storageClass, { metadata: { annotations } });
  }

  async delete(): Promise<void> {
    await this.#deleteObjects();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #deleteObjects(): Promise<void> {
    const ours = `made-for=${this.storageClass}`;
    await this.kubernetes.kubectl(['delete', 'persistentvolumes', '-l', ours, '--wait', '--timeout=50s']);
    await this.kubernetes.delete('storageclass', this.storageClass);
  }

  async #create(): Promise<void> {
    const { kubernetes, storageClass } = this;
    // Of a run that was killed.
    await this.#deleteObjects();
    const [node] = await kubernetes.list(nodeSchema, 'nodes');
    const hostname = node!.metadata.labels['kubernetes.io/hostname']!;
    const volumes = Array.from({ length: this.count }, (_, index) => {
      const name = `${storageClass}-${index}`;
      const folder = path.join(this.#folder, name);
      mkdirSync(folder);
      return volumeOf(name, storageClass, folder, hostname);
    });
    await kubernetes.apply(
      {
        apiVersion: 'storage.k8s.io/v1',
        kind: 'StorageClass',
        metadata: { name: storageClass },
        provisioner: 'kubernetes.io/no-provisioner',
        volumeBindingMode: 'WaitForFirstConsumer',
      },
      ...volumes,
    );
  }
}

function volumeOf(name: string, storageClass: string, folder: string, hostname: string): object {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, labels: { 'made-for': storageClass } },
    spec: {
      storageClassName: storageClass,
      capacity: { storage: '10Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      local: { path: folder },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [hostname] }] },
          ],
        },
      },
    },
  };
}
