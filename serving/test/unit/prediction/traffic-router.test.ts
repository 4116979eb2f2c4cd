import { expect } from 'chai';
import { TrafficRouter } from '../../../src/prediction/traffic-router.js';
import type { ModelDirectory } from '../../../src/servables/model-directory.js';
import type { Servable } from '../../../src/servables/servable.js';
import type { ServedRole, TrafficSplit } from '../../../src/servables/served-roles.js';

/** As much of a servable as who lends it touches. */
function servable(version: string): Servable {
  const one: unknown = {
    id: { name: 'm', version, digest: 'sha256:00' },
    acquire: () => ({ servable: one, release: () => undefined }),
  };
  return one as Servable;
}

describe('who answers what the champion could not compute', () => {
  const [former, bad] = [servable('1'), servable('2')];
  const present = { champion: bad, standby: former as Servable | undefined };
  const split: TrafficSplit = { standby: { version: '1' } };
  const models: unknown = {
    model: () => ({
      name: 'm',
      alias: 'champion',
      manager: {
        get champion() {
          return present.champion;
        },
        acquire: () => present.champion.acquire(),
      },
      roles: { split, servable: (role: ServedRole) => (role === 'standby' ? present.standby : undefined) },
    }),
  };
  const router = new TrafficRouter(models as ModelDirectory);
  const wish = { model: 'm', version: undefined, alias: undefined, trafficKey: undefined, requestId: 'r-1' };
  const next = (): readonly (string | undefined)[] => {
    const borrowed = router.acquire(wish);
    return [borrowed.handle.servable.id.version, borrowed.otherwise?.()?.handle.servable.id.version];
  };

  it('is the standby', () => {
    Object.assign(present, { champion: bad, standby: former });
    expect(next()).to.deep.equal(['2', '1']);
  });

  it('is the one that became champion meanwhile, since it then stands by no more', () => {
    Object.assign(present, { champion: bad, standby: former });
    const borrowed = router.acquire(wish);
    Object.assign(present, { champion: former, standby: undefined });
    const instead = borrowed.otherwise?.();
    expect(instead).to.include({ role: 'champion', alias: 'champion' });
    expect(instead?.handle.servable.id.version).to.equal('1');
  });

  it('is nobody where there is no other version', () => {
    Object.assign(present, { champion: bad, standby: undefined });
    expect(next()).to.deep.equal(['2', undefined]);
  });
});
