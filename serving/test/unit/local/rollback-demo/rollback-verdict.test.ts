import { expect } from 'chai';
import { checksOfTakenBack, checksOfWholeWay } from '../../../../local/rollback-demo/rollback-verdict.js';
import type { ClientFigures, TakenBack, WholeWay } from '../../../../local/rollback-demo/scene.js';

const clients = (more: Partial<ClientFigures> = {}): ClientFigures => ({
  clients: 'calm clients',
  requests: 100,
  failures: [],
  byVersion: { 1: 40, 2: 60 },
  p99Ms: 12,
  ...more,
});
const scene = { title: '', startedAt: 0, endedAt: 90_000, marks: [], requests: [] };
const takenBack: TakenBack = {
  ...scene,
  kind: 'throwing',
  before: '1',
  version: '2',
  digest: 'sha256:aa',
  clients: [clients(), clients({ clients: 'new clients' })],
  newClientsAt: 10_000,
  decidedAt: 22_000,
  fleetAt: 23_500,
  messageAt: 60_000,
  message: 'it was taken back',
  quarantine: { cause: 'errors', reason: 'too many' },
  watchCode: 12,
  promotionCode: 3,
  championAfter: '1',
};
const wholeWay: WholeWay = {
  ...scene,
  before: '1',
  version: '2',
  clients: [clients()],
  wasShadow: true,
  canaryPercents: [5, 50],
  killedAtPercent: 5,
  watchCode: 0,
  championAfter: '2',
  policyAfter: undefined,
};

const failedOf = (
  checks: readonly { readonly what: string; readonly passed: boolean }[],
): readonly string[] => checks.filter(({ passed }) => !passed).map(({ what }) => what.replace(/^\w+: /, ''));

describe('what must be seen of a version that is taken back', () => {
  it('is all there when it is', () => {
    expect(failedOf(checksOfTakenBack(takenBack))).to.deep.equal([]);
  });

  const lacks: readonly (readonly [string, Partial<TakenBack>, string])[] = [
    ['a watch that ended otherwise', { watchCode: 0 }, 'whoever watched it ended because it was rolled back'],
    ['another champion', { championAfter: '2' }, 'whoever watched it ended because it was rolled back'],
    ['a decision before anybody was harmed', { decidedAt: 9_000 }, 'decided after the new clients came'],
    ['a fleet that takes longer', { fleetAt: 32_100 }, 'the whole fleet serves version 1 within 10 s of it'],
    [
      'a fleet that never follows',
      { fleetAt: undefined },
      'the whole fleet serves version 1 within 10 s of it',
    ],
    [
      'a failed request',
      { clients: [clients(), clients({ clients: 'new clients', failures: ['status 500'] })] },
      'no request of new clients failed',
    ],
    [
      'clients who never asked',
      { clients: [clients({ requests: 0 }), clients({ clients: 'new clients' })] },
      'no request of calm clients failed',
    ],
    [
      'a version that nobody met',
      { clients: [clients({ byVersion: { 1: 100 } })] },
      'version 2 did answer clients',
    ],
    ['no quarantine', { quarantine: undefined }, 'its digest is quarantined'],
    ['a second promotion', { promotionCode: 0 }, 'another promotion of it is refused'],
    ['no message', { messageAt: undefined }, 'the administrator has the message'],
  ];
  for (const [what, lack, expected] of lacks) {
    it(`misses something with ${what}`, () => {
      expect(failedOf(checksOfTakenBack({ ...takenBack, ...lack }))).to.include(expected);
    });
  }
});

describe('what must be seen of a version that takes the whole way', () => {
  it('is all there when it does', () => {
    expect(failedOf(checksOfWholeWay(wholeWay, [5, 50]))).to.deep.equal([]);
  });

  const lacks: readonly (readonly [string, Partial<WholeWay>, number])[] = [
    ['no shadow', { wasShadow: false }, 0],
    ['a step that was left out', { canaryPercents: [50] }, 0],
    ['nobody who was killed', { killedAtPercent: undefined }, 1],
    ['a controller that gave up', { watchCode: 11 }, 1],
    ['a policy that stays', { policyAfter: '{}' }, 2],
    ['a champion that stays', { championAfter: '1' }, 2],
    ['a failed request', { clients: [clients({ failures: ['status 503'] })] }, 3],
  ];
  for (const [what, lack, index] of lacks) {
    it(`misses something with ${what}`, () => {
      const checks = checksOfWholeWay({ ...wholeWay, ...lack }, [5, 50]);
      expect(checks.map(({ passed }) => passed).indexOf(false)).to.equal(index);
    });
  }
});
