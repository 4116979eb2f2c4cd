import axios, { isAxiosError } from 'axios';
import { z } from 'zod';
import { messageOf } from '../errors.js';

const REPLICA_TIMEOUT_MS = 2_000;
const POLL_MS = 250;

const modelSchema = z.object({
  model_name: z.string(),
  alias: z.string(),
  serving_from: z.string(),
  available: z.object({ version: z.string(), digest: z.string(), since: z.string() }).nullable(),
  last_failure: z.object({ version: z.string(), code: z.string(), message: z.string() }).nullable(),
});
const workerSchema = z.object({
  id: z.number(),
  serving: z.boolean(),
  models: z.array(modelSchema.pick({ model_name: true, alias: true, available: true, last_failure: true })),
});
const statusSchema = modelSchema.extend({
  ready: z.boolean(),
  models: z.array(modelSchema).min(1),
  /** Processes behind the replica's port. */
  workers: z.array(workerSchema).default([]),
});

export type ModelStatus = z.infer<typeof modelSchema>;

/** What one replica says of itself. */
export type ReplicaStatus = z.infer<typeof statusSchema>;

export interface Replica {
  readonly url: string;
  readonly status: ReplicaStatus | undefined;
  /** Why there is no status. */
  readonly error: string | undefined;
}

/** @param url management address of a replica, such as http://127.0.0.1:8082 */
export async function readReplica(url: string): Promise<Replica> {
  try {
    const response = await axios.get<unknown>(`${url.replace(/\/+$/, '')}/status`, {
      timeout: REPLICA_TIMEOUT_MS,
      maxRedirects: 0,
    });
    return { url, status: statusSchema.parse(response.data), error: undefined };
  } catch (error) {
    const detail = isAxiosError(error) ? (error.code ?? error.message) : messageOf(error);
    return { url, status: undefined, error: `does not answer (${detail})` };
  }
}

/** The bytes that a fleet is to agree on. */
export interface Agreement {
  readonly model: string;
  readonly alias: string;
  readonly version: string;
  readonly digest: string;
}

/** Why a replica does not serve these bytes; undefined when it does. */
export function disagreement({ status, error }: Replica, wanted: Agreement): string | undefined {
  if (status === undefined) return error;
  const { model, alias, version, digest } = wanted;
  const isWanted = (entry: Served): boolean => entry.model_name === model && entry.alias === alias;
  const served = status.models.find(isWanted);
  if (served === undefined) return `does not follow ${model}@${alias}`;
  const objection = objectionTo(served, { version, digest });
  if (objection !== undefined) return objection;
  // The replica speaks for its workers; whoever waits for all of them need not rely on it.
  for (const worker of status.workers.filter(({ serving }) => serving)) {
    const entry = worker.models.find(isWanted);
    const why = entry && objectionTo(entry, { version, digest });
    if (why !== undefined) return `${why} in worker ${worker.id}`;
  }
  return undefined;
}

type Served = Pick<ModelStatus, 'model_name' | 'alias' | 'available' | 'last_failure'>;

function objectionTo(
  { available, last_failure: failure }: Served,
  { version, digest }: Pick<Agreement, 'version' | 'digest'>,
): string | undefined {
  if (available?.version === version && available.digest === digest) return undefined;
  const has = available === null ? 'serves nothing' : `serves version ${available.version}`;
  return failure?.version === version ? `${has}; ${failure.code}: ${failure.message}` : has;
}

/**
 * Waits until every replica serves these bytes.
 * @returns the replicas that still do not, with why; empty when all agree
 */
export async function waitForFleet(
  urls: readonly string[],
  wanted: Agreement,
  timeoutMs: number,
): Promise<readonly string[]> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const replicas = await Promise.all(urls.map(readReplica));
    const objections = replicas.flatMap((replica) => {
      const why = disagreement(replica, wanted);
      return why === undefined ? [] : [`${replica.url} ${why}`];
    });
    if (objections.length === 0 || Date.now() >= deadline) return objections;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
