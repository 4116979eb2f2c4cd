import type { PackageSignature } from '../model-package/package-signature.js';
import {
  DIGEST_TAG,
  SIGNATURE_KEY_TAG,
  SIGNATURE_TAG,
  type ModelRegistry,
  type ModelVersion,
} from '../registry/model-registry.js';

/** The verdict of the serving runtime on one package, as tags of its model version. */
export interface Blessing {
  readonly verdict: 'blessed' | 'refused';
  /** The bytes that the verdict is about. */
  readonly digest: string;
  readonly reason: string;
  readonly at: Date;
}

export async function writeBlessing(
  registry: ModelRegistry,
  { name, version }: ModelVersion,
  { verdict, digest, reason, at }: Blessing,
): Promise<void> {
  // The verdict comes last: a command that is killed half-way leaves no blessing without its digest.
  const tags = [
    ['blessing_digest', digest],
    ['blessing_reason', reason],
    ['blessed_at', at.toISOString()],
    ['blessing', verdict],
  ] as const;
  for (const [key, value] of tags) await registry.setModelVersionTag(name, version, key, value);
}

/** @param signature undefined takes back the one that is there */
export async function writeSignature(
  registry: ModelRegistry,
  { name, version }: ModelVersion,
  signature: PackageSignature | undefined,
): Promise<void> {
  await registry.setModelVersionTag(name, version, SIGNATURE_KEY_TAG, signature?.keyId ?? '');
  await registry.setModelVersionTag(name, version, SIGNATURE_TAG, signature?.value ?? '');
}

/** Why a version may not be promoted; undefined when it may. */
export function objectionTo(version: ModelVersion): string | undefined {
  const { tags } = version;
  const verdict = tags.get('blessing');
  if (verdict === undefined) return 'it has no blessing; run bless first';
  if (verdict !== 'blessed')
    return `its blessing was refused: ${tags.get('blessing_reason') ?? 'no reason given'}`;
  const digest = tags.get(DIGEST_TAG);
  if (digest === undefined || tags.get('blessing_digest') !== digest)
    return 'its blessing was given to other bytes; run bless again';
  return undefined;
}
