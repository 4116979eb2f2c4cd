import { z } from 'zod';

/**
 * What the registry says about live traffic, in tags of the registered model: the split that is to be in force, and
 * the digests that are kept from answering anybody. Tiers read them, controllers and the command line write them; both
 * may be of another release than the one that reads, so members that are not known here are passed over.
 */

/** The tag that holds the traffic policy of a registered model. Without it every request is the champion's. */
export const TRAFFIC_POLICY_TAG = 'traffic_policy';

/** Begins the keys of tags that keep a digest from answering. */
export const QUARANTINE_PREFIX = 'quarantine.';

/** Hexadecimal digits of the digest in the key of a quarantine. */
const DIGEST_START = 32;

/**
 * Servables that a policy has beside the champion.
 *
 * canary   answers a share of live traffic
 * shadow   answers nobody; sees what the champion answers
 * standby  answers what the champion could not compute
 */
export const ROLES = ['canary', 'shadow', 'standby'] as const;
export type Role = (typeof ROLES)[number];

/** Percent of live traffic, in hundredths at the finest. */
export const percentSchema = z
  .number()
  .min(0)
  .max(100)
  .refine((percent) => Math.abs(percent * 100 - Math.round(percent * 100)) < 1e-6, {
    error: 'at most two decimals',
  });

const versionSchema = z.string().regex(/^[0-9]{1,18}$/, { error: 'a version number, as text' });
const shareSchema = z.object({ version: versionSchema, percent: percentSchema });

export const trafficPolicySchema = z.object({
  canary: shareSchema.optional(),
  shadow: shareSchema.optional(),
  standby: z.object({ version: versionSchema }).optional(),
});

/** The split as it is written down: which versions, whether they can answer here or not. */
export type TrafficPolicyDocument = Readonly<z.infer<typeof trafficPolicySchema>>;

/** A policy that can't be understood. What was in force before it stays. */
export class UnreadablePolicy extends Error {
  override readonly name = 'UnreadablePolicy';
}

/** @throws {UnreadablePolicy} with a sentence on each member that is wrong */
export function readTrafficPolicy(text: string): TrafficPolicyDocument {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new UnreadablePolicy('It is not JSON', { cause });
  }
  const policy = trafficPolicySchema.safeParse(document);
  if (policy.success) return policy.data;
  throw new UnreadablePolicy(
    policy.error.issues
      .map(({ path, message }) => `${path.length === 0 ? 'The document' : path.join('.')}: ${message}`)
      .join('; '),
  );
}

/** In one form only, so that two who mean the same write the same. */
export function writeTrafficPolicy(policy: TrafficPolicyDocument): string {
  return JSON.stringify(trafficPolicySchema.parse(policy));
}

export const QUARANTINE_CAUSES = [
  'errors',
  'latency',
  'score_shift',
  'label_flips',
  'quality',
  'manual',
] as const;

/** Why a digest was taken off live traffic. */
export interface Quarantine {
  readonly version: string;
  readonly digest: string;
  /** When, as ISO 8601. */
  readonly at: string;
  readonly by: string;
  readonly reason: string;
  readonly cause: (typeof QUARANTINE_CAUSES)[number];
}

/** The key of the tag that keeps a digest from answering, whichever version carries it. */
export function quarantineTag(digest: string): string {
  return QUARANTINE_PREFIX + digest.replace(/^sha256:/, '').slice(0, DIGEST_START);
}

export function writeQuarantine({ version, digest, at, by, reason, cause }: Quarantine): string {
  return JSON.stringify({ version, digest, at, by, reason, cause });
}

/**
 * Every quarantine, the newest first. The key alone is what counts: a value that can't be read, or only in part, keeps
 * the digest away all the same.
 */
export function quarantinesIn(tags: ReadonlyMap<string, string>): readonly Quarantine[] {
  return [...tags]
    .filter(([key]) => key.startsWith(QUARANTINE_PREFIX))
    .map(([key, value]) => quarantineIn(key, value))
    .sort((one, other) => other.at.localeCompare(one.at));
}

/** undefined: the digest may answer. */
export function quarantineOf(tags: ReadonlyMap<string, string>, digest: string): Quarantine | undefined {
  const key = quarantineTag(digest);
  const value = tags.get(key);
  return value === undefined ? undefined : quarantineIn(key, value);
}

function quarantineIn(key: string, value: string): Quarantine {
  const digest = `sha256:${key.slice(QUARANTINE_PREFIX.length)}`;
  const schema = z.object({
    version: z.string().catch('unknown'),
    // The key says which bytes are meant; a value that says others is wrong.
    digest: z.string().startsWith(digest).catch(digest),
    at: z.iso.datetime({ offset: true }).catch(new Date(0).toISOString()),
    by: z.string().catch('unknown'),
    reason: z.string().catch('The tag does not say'),
    cause: z.enum(QUARANTINE_CAUSES).catch('manual'),
  });
  return schema.parse(objectIn(value));
}

function objectIn(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  } catch {
    return {};
  }
}
