import { setTimeout as sleep } from 'node:timers/promises';
import { dim, say } from '../console.js';
import type { Kubernetes } from './kubernetes.js';
import { podSchema } from './pods.js';
import { ReadinessNews } from './readiness-news.js';

const LOOK_MS = 3_000;

/**
 * Says which pods are not ready and why, and when they are, while something is waited for that says nothing.
 * @returns what the other one returns. @throws what it throws
 */
export async function withRolloutNews<T>(kubernetes: Kubernetes, waited: Promise<T>): Promise<T> {
  const news = new ReadinessNews();
  const over = new AbortController();
  const look = async (): Promise<void> => {
    while (!over.signal.aborted) {
      // A look that fails is no reason to give up what is waited for.
      const pods = await kubernetes.list(podSchema, 'pods').catch(() => undefined);
      if (pods !== undefined) for (const line of news.of(pods)) say(dim(line));
      await sleep(LOOK_MS, undefined, { signal: over.signal }).catch(() => undefined);
    }
  };
  const looking = look();
  try {
    return await waited;
  } finally {
    over.abort();
    await looking;
  }
}
