import { DIGEST_TAG } from '../../../../src/registry/model-registry.js';
import { championIn } from '../../../champion.js';
import { PlatformFailure } from '../../../failure.js';
import { untilPodsServe } from '../../cluster-fleet.js';
import { reportOf } from '../../load-report.js';
import type { ClusterTier } from '../cluster-tier.js';
import type { Scenario } from '../scenario.js';

const PROMOTION_TIMEOUT_SECONDS = 180;
/** After everybody agrees, for so long nobody may answer by another model. */
const LOOK_SECONDS = 5;

export const promotionDuringRollout: Scenario = {
  name: 'promotion-during-rollout',
  what: 'Another version becomes champion while a new revision replaces the pods: some of them load it, others start with it.',
  run: async ({ tier, load, afterwards, mark, steady, check }) => {
    const from = await champion(tier);
    const to = await otherVersion(tier, from.version);
    mark('upgrade');
    const rollout = tier.release();
    mark('promotion');
    afterwards(() => promote(tier, from.version, to.version));
    await promote(tier, to.version, from.version);
    mark('promoted');
    await rollout;
    await tier.atRest();
    const agreedAt = mark('all agree');
    await untilPodsServe(tier.kubernetes, tier.connections, named(tier), { ...to, synthetic: false });
    await steady(LOOK_SECONDS);
    const { byVersion, byDigest, requests } = reportOf(load.records, { fromAt: agreedAt });
    check(
      'the fleet converged on one digest',
      byDigest[to.digest] === requests && requests > 0,
      Object.entries(byDigest)
        .map(([digest, count]) => `${digest.slice(0, 19)} ${count} of ${requests}`)
        .join(', '),
    );
    check('it is that of the new champion', byVersion[to.version] === requests, `version ${to.version}`);
  },
};

const named = ({ model }: ClusterTier) => ({ modelName: model, modelAlias: 'champion' });

async function champion(tier: ClusterTier) {
  const found = await tier.askRegistry((registry) => championIn(registry, named(tier)));
  if (found !== undefined) return found;
  throw new PlatformFailure(`${tier.model} has no champion.`, 'make cluster-up');
}

/** The version before this one, or the one after it. @throws {PlatformFailure} where there is none */
async function otherVersion(tier: ClusterTier, version: string) {
  for (const candidate of [Number(version) - 1, Number(version) + 1]) {
    const found = await tier
      .askRegistry((registry) => registry.getModelVersion(tier.model, String(candidate)))
      .catch(() => undefined);
    const digest = found?.tags.get(DIGEST_TAG);
    if (digest !== undefined) return { version: String(candidate), digest };
  }
  throw new PlatformFailure(`${tier.model} has one version only.`, 'make cluster-retrain trains another.');
}

/** By the pipeline's own command, where the pipeline runs it. Returns when every replica serves the version. */
async function promote(tier: ClusterTier, version: string, expected: string): Promise<void> {
  const command = [
    `exec $SERVING_CLI promote --model '${tier.model}' --version ${version} --expect-champion ${expected}`,
    `--by chaos --reason 'promotion under load' --force`,
    `--wait --replicas "$SERVING_REPLICAS" --timeout-seconds ${PROMOTION_TIMEOUT_SECONDS}`,
  ].join(' ');
  const { target, container } = tier.pipeline;
  const { exitCode, output } = await tier.kubernetes.exec(target, ['bash', '-c', command], {
    container,
    timeoutMs: (PROMOTION_TIMEOUT_SECONDS + 30) * 1_000,
  });
  if (exitCode !== 0) throw new PlatformFailure(`promote ended with ${exitCode}: ${output.trim()}`);
}
