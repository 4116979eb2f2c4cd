import { whyNotReady, type Pod } from './pods.js';

/** What is said of pods that become ready one after the other: what has changed since the last look. */
export class ReadinessNews {
  #said = new Map<string, string>();

  /** Lines about pods that stand otherwise than at the last look. */
  of(pods: readonly Pod[]): string[] {
    const before = this.#said;
    this.#said = new Map();
    return pods.flatMap((pod) => {
      const { name } = pod.metadata;
      const why = whyNotReady(pod);
      if (why !== undefined) this.#said.set(name, why);
      if (why === before.get(name)) return [];
      return [why === undefined ? `${name} is ready` : `${name} ${why}`];
    });
  }
}
