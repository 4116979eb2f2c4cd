import type { Check } from '../game-day/game-day-verdict.js';
import type { ClientFigures, TakenBack, WholeWay } from './scene.js';

/** From the decision to a fleet that serves the former version again. */
export const FLEET_SECONDS = 10;

const EXIT_DONE = 0;
const EXIT_REFUSED = 3;
const EXIT_ROLLED_BACK = 12;

/** What must be seen of a version that is bad. */
export function checksOfTakenBack(scene: TakenBack): readonly Check[] {
  const { kind, before, version, decidedAt, fleetAt, newClientsAt, quarantine } = scene;
  const seconds = (from: number, to: number | undefined): string =>
    to === undefined ? 'never' : `after ${((to - from) / 1_000).toFixed(1)} s`;
  return [
    {
      what: `${kind}: whoever watched it ended because it was rolled back`,
      passed: scene.watchCode === EXIT_ROLLED_BACK && scene.championAfter === before,
      found: `exit code ${String(scene.watchCode)}, champion is ${scene.championAfter ?? 'none'}`,
    },
    {
      what: `${kind}: decided after the new clients came`,
      passed: decidedAt !== undefined && decidedAt > newClientsAt,
      found: seconds(newClientsAt, decidedAt),
    },
    {
      what: `${kind}: the whole fleet serves version ${before} within ${FLEET_SECONDS} s of it`,
      passed:
        decidedAt !== undefined && fleetAt !== undefined && fleetAt - decidedAt <= FLEET_SECONDS * 1_000,
      found: decidedAt === undefined ? 'never' : seconds(decidedAt, fleetAt),
    },
    ...scene.clients.map((figures) => noneFailed(kind, figures)),
    {
      what: `${kind}: version ${version} did answer clients`,
      passed: scene.clients.some(({ byVersion }) => (byVersion[version] ?? 0) > 0),
      found: scene.clients
        .map(({ clients, byVersion }) => `${byVersion[version] ?? 0} of ${clients}`)
        .join(', '),
    },
    {
      what: `${kind}: its digest is quarantined`,
      passed: quarantine !== undefined,
      found: quarantine === undefined ? 'it is not' : `for ${quarantine.cause}`,
    },
    {
      what: `${kind}: another promotion of it is refused`,
      passed: scene.promotionCode === EXIT_REFUSED,
      found: `exit code ${String(scene.promotionCode)}`,
    },
    {
      what: `${kind}: the administrator has the message`,
      passed: scene.messageAt !== undefined,
      found: decidedAt === undefined ? 'never' : seconds(decidedAt, scene.messageAt),
    },
  ];
}

/** What must be seen of a version that is good. */
export function checksOfWholeWay(scene: WholeWay, percents: readonly number[]): readonly Check[] {
  const { version, clients, canaryPercents, killedAtPercent } = scene;
  return [
    {
      what: `good: it looked on, then answered ${percents.join(', ')} % of live traffic`,
      passed: scene.wasShadow && canaryPercents.join() === percents.join(),
      found: `${scene.wasShadow ? 'shadow, ' : ''}${canaryPercents.join(', ')}`,
    },
    {
      what: 'good: its controller was killed on the way, and another went on',
      passed: killedAtPercent !== undefined && scene.watchCode === EXIT_DONE,
      found: `killed at ${killedAtPercent ?? '-'} %, the other one ended with ${String(scene.watchCode)}`,
    },
    {
      what: `good: version ${version} is champion, and nothing is left of its rollout`,
      passed: scene.championAfter === version && scene.policyAfter === undefined,
      found: `champion ${scene.championAfter ?? 'none'}, policy ${scene.policyAfter ?? 'none'}`,
    },
    ...clients.map((figures) => noneFailed('good', figures)),
  ];
}

function noneFailed(scene: string, { clients, requests, failures, p99Ms }: ClientFigures): Check {
  return {
    what: `${scene}: no request of ${clients} failed`,
    passed: requests > 0 && failures.length === 0,
    found: `${failures.length} of ${requests}, p99 ${p99Ms.toFixed(0)} ms${failures.length === 0 ? '' : `; ${failures[0]!}`}`,
  };
}
