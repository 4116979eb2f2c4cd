import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { moment } from '../constant-load.js';
import type { Kubernetes } from '../kubernetes.js';
import { isReady, podSchema, type Pod } from '../pods.js';

/** Pods of a moment, which lasts until the next one. */
export interface PodMoment {
  /** In milliseconds since 1970. */
  readonly at: number;
  /** Those that are not ending. */
  readonly pods: number;
  readonly ready: number;
  readonly ending: number;
}

const listSchema = z.object({
  metadata: z.object({ resourceVersion: z.string() }),
  items: z.array(podSchema),
});
const eventSchema = z.object({ type: z.enum(['ADDED', 'MODIFIED', 'DELETED']), object: podSchema });

/** Sees every change of some pods as the API server tells of it, none is missed between two looks. */
export class PodWatch {
  readonly #pods = new Map<string, Pod>();
  readonly #restartsBefore = new Map<string, number>();
  readonly #restarts = new Map<string, number>();
  readonly #moments: PodMoment[] = [];
  #watching: ChildProcess | undefined;

  /** @param selector of labels */
  static async start(kubernetes: Kubernetes, selector: string): Promise<PodWatch> {
    const started = new PodWatch();
    const path = `/api/v1/namespaces/${kubernetes.namespace}/pods?labelSelector=${encodeURIComponent(selector)}`;
    const { metadata, items } = listSchema.parse(
      JSON.parse(await kubernetes.kubectl(['get', '--raw', path])),
    );
    for (const pod of items) {
      started.#restartsBefore.set(pod.metadata.name, restartsOf(pod));
      started.#see(pod);
    }
    started.#note();
    const { resourceVersion } = metadata;
    started.#follow(spawn('kubectl', ['get', '--raw', `${path}&watch=1&resourceVersion=${resourceVersion}`]));
    return started;
  }

  /** What changed, in order; the first is how it was at the start. */
  get moments(): readonly PodMoment[] {
    return this.#moments;
  }

  /** That are there now, also ending ones. */
  get pods(): readonly Pod[] {
    return [...this.#pods.values()];
  }

  /** How often containers were started again since the watch began, of pods that are gone too. */
  get restarts(): number {
    return [...this.#restarts].reduce(
      (sum, [name, count]) => sum + count - (this.#restartsBefore.get(name) ?? 0),
      0,
    );
  }

  get fewestReady(): number {
    return Math.min(...this.#moments.map(({ ready }) => ready));
  }

  /** Also counting those that are ending: what has to find room. */
  get most(): number {
    return Math.max(...this.#moments.map(({ pods, ending }) => pods + ending));
  }

  readonly stop = (): void => {
    process.off('exit', this.stop);
    this.#watching?.kill();
  };

  #follow(watching: ChildProcess): void {
    this.#watching = watching;
    process.once('exit', this.stop);
    watching.stderr!.resume();
    createInterface({ input: watching.stdout! }).on('line', (line) => {
      const event = eventSchema.safeParse(JSON.parse(line));
      // An event of another type is the end of the watch, which the API server breaks off after half an hour at least.
      if (!event.success) return;
      const { type, object } = event.data;
      if (type === 'DELETED') this.#pods.delete(object.metadata.name);
      else this.#see(object);
      this.#note();
    });
  }

  #see(pod: Pod): void {
    this.#pods.set(pod.metadata.name, pod);
    this.#restarts.set(pod.metadata.name, restartsOf(pod));
  }

  #note(): void {
    const ending = this.pods.filter(({ metadata }) => metadata.deletionTimestamp !== undefined).length;
    const now = {
      pods: this.#pods.size - ending,
      ready: this.pods.filter(isReady).length,
      ending,
    };
    const last = this.#moments.at(-1);
    if (last?.pods === now.pods && last.ready === now.ready && last.ending === ending) return;
    this.#moments.push({ at: moment(), ...now });
  }
}

function restartsOf({ status }: Pod): number {
  return status.containerStatuses.reduce((sum, { restartCount }) => sum + restartCount, 0);
}
