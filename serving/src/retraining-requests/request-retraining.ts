import type { RetrainingCause } from './alert-notification.js';
import type { Asset } from './airflow-assets.js';

/** Announces that a model is to be trained again. */
export interface RetrainingAssets {
  find(name: string): Promise<Asset>;
  announce(asset: Asset, extra: Readonly<Record<string, string>>): Promise<void>;
}

export interface RetrainingRequest {
  readonly requested: boolean;
  readonly reason: string;
}

/** Whether the last request is so recent that another one would train on nearly the same rows. */
export function isCoolingDown(lastEventAt: number | undefined, now: number, cooldownMs: number): boolean {
  return lastEventAt !== undefined && now - lastEventAt < cooldownMs;
}

/**
 * Asks for a retraining unless one was asked for lately. What was asked is read from Airflow, so that it does not
 * matter which process asked, or how often an alert is repeated.
 *
 * @throws {AirflowError}
 */
export async function requestRetraining(
  assets: RetrainingAssets,
  assetName: string,
  cause: RetrainingCause,
  { now, cooldownMs }: { readonly now: number; readonly cooldownMs: number },
): Promise<RetrainingRequest> {
  const asset = await assets.find(assetName);
  if (isCoolingDown(asset.lastEventAt, now, cooldownMs)) {
    const until = new Date(asset.lastEventAt! + cooldownMs).toISOString();
    return {
      requested: false,
      reason: `a retraining was requested already; the next may be from ${until} on`,
    };
  }
  await assets.announce(asset, { ...cause });
  return { requested: true, reason: cause.cause };
}
