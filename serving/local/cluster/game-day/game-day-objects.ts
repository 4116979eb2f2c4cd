import { newApiKey } from '../../../src/cli/api-key.js';
import { withShortenedHold } from '../../monitoring/shortened-alerts.js';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import type { Kubernetes } from '../kubernetes.js';

/** Named in helm/values/dev/game-day.yaml. */
const API_KEYS = 'game-day-api-keys';
const ATTACK_TARGET = 'game-day-attack';

const secretSchema = z.object({ data: z.record(z.string(), z.string()) });
/** Of the Secret that the charts name, beside what the tier and the stream read of it. */
const CLIENT_KEY = 'client-api-key';

/** Keys of the steady clients and of the stream: each has a share of the tier's queue of its own. */
export function gameDayKeys(now: number): Readonly<Record<string, string>> {
  const clients = newApiKey('clients', undefined, now);
  const stream = newApiKey('stream', undefined, now);
  return {
    'api-keys.yaml': stringify({ keys: [clients.entry, stream.entry] }),
    'stream-api-key': stream.key,
    [CLIENT_KEY]: clients.key,
  };
}

/**
 * Those that are there already, of a day that was kept: pods would hear of others a minute later.
 *
 * @returns what the steady clients show
 */
export async function ensureGameDayKeys(kubernetes: Kubernetes): Promise<string> {
  const known = await kubernetes.find(secretSchema, 'secret', API_KEYS);
  if (known?.data[CLIENT_KEY] === undefined) {
    const metadata = { name: API_KEYS };
    const stringData = gameDayKeys(Date.now());
    await kubernetes.apply({ apiVersion: 'v1', kind: 'Secret', metadata, stringData });
  }
  return (await kubernetes.secret(API_KEYS))[CLIENT_KEY]!;
}

/** Has the cluster's Prometheus scrape the attacker, which is on this machine. @param address as pods reach it */
export function attackTarget(address: string, namespace: string): object {
  return {
    apiVersion: 'monitoring.coreos.com/v1alpha1',
    kind: 'ScrapeConfig',
    metadata: { name: ATTACK_TARGET },
    spec: {
      jobName: 'attack',
      staticConfigs: [{ targets: [address], labels: { job: 'attack', namespace } }],
    },
  };
}

/** Deletes what the day has brought beside the release. */
export async function deleteGameDayObjects(kubernetes: Kubernetes): Promise<void> {
  await kubernetes.delete('scrapeconfig.monitoring.coreos.com', ATTACK_TARGET);
  await kubernetes.delete('secret', API_KEYS);
}

const RULE = 'prometheusrule.monitoring.coreos.com';
const ALERTS = 'serving-serving-alerts';
const ruleSchema = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.object({
    name: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.looseObject({}),
});

/** Lets the attack's alert fire sooner, in this cluster alone. The next upgrade or rollback of the release undoes it. */
export async function shortenAlert(kubernetes: Kubernetes, hold: string): Promise<void> {
  const rule = await kubernetes.get(ruleSchema, RULE, ALERTS);
  const spec = parse(withShortenedHold(stringify(rule.spec), hold)) as object;
  // As Helm, for whom another's change is a conflict.
  await kubernetes.kubectl(['apply', '--server-side', '--field-manager=helm', '-f', '-'], {
    input: JSON.stringify({ ...rule, spec }),
  });
}
