import axios, { isAxiosError } from 'axios';
import { z } from 'zod';
import { messageOf } from '../errors.js';
import { fleetAddresses } from './fleet-addresses.js';

const REPLICA_TIMEOUT_MS = 2_000;
const POLL_MS = 250;

const roleSchema = z.object({ version: z.string(), available: z.boolean() });
const sharedRoleSchema = roleSchema.extend({ percent: z.number() });
const trafficSchema = z.object({
  canary: sharedRoleSchema.nullable(),
  shadow: sharedRoleSchema.nullable(),
  standby: roleSchema.nullable(),
  problem: z.string().nullable(),
  quarantined: z.array(z.object({ version: z.string(), cause: z.string() })),
});

/** Who answers beside the champion of a replica. */
export type TrafficStatus = z.infer<typeof trafficSchema>;

const modelSchema = z.object({
  model_name: z.string(),
  alias: z.string(),
  serving_from: z.string(),
  available: z.object({ version: z.string(), digest: z.string(), since: z.string() }).nullable(),
  last_failure: z.object({ version: z.string(), code: z.string(), message: z.string() }).nullable(),
  /** Releases without live traffic do not say. */
  traffic: trafficSchema.optional(),
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

/** How a fleet stands to the bytes that it is to serve. */
export interface FleetVerdict {
  /** How many replicas were asked. */
  readonly replicas: number;
  /** Those that do not serve them, with why; empty when all agree. */
  readonly objections: readonly string[];
}

/** What each replica behind these addresses says of itself, and which names have none. */
export async function readFleet(addresses: readonly string[]): Promise<{
  readonly replicas: readonly Replica[];
  readonly unresolved: readonly string[];
}> {
  const { urls, unresolved } = await fleetAddresses(addresses);
  return { replicas: await Promise.all(urls.map(readReplica)), unresolved };
}

/**
 * Waits until every replica serves these bytes. Replicas behind a name are those that it has at each look.
 * @param addresses management addresses, of a replica (http://host:port) or of all of a name (dns+http://name:port)
 */
export async function waitForFleet(
  addresses: readonly string[],
  wanted: Agreement,
  timeoutMs: number,
): Promise<FleetVerdict> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const { replicas, unresolved } = await readFleet(addresses);
    const objections = replicas.flatMap((replica) => {
      const why = disagreement(replica, wanted);
      return why === undefined ? [] : [`${replica.url} ${why}`];
    });
    const verdict = { replicas: replicas.length, objections: [...unresolved, ...objections] };
    if (verdict.objections.length === 0 || Date.now() >= deadline) return verdict;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
