import { expect } from 'chai';
import { rollBackFlag, upgradeMinutes } from '../../../../local/cluster/helm.js';

describe('the flag by which Helm takes a release back', () => {
  for (const [version, flag] of [
    ['v3.19.2+g8766e71', '--atomic'],
    ['v4.3.0+g0123456\n', '--rollback-on-failure'],
    // As a build without version control prints it.
    ['v4.3', '--rollback-on-failure'],
  ] as const) {
    it(`of ${version.trim()} is ${flag}`, () => {
      expect(rollBackFlag(version)).to.equal(flag);
    });
  }
});

describe('the time that Helm has for an upgrade', () => {
  it('is twice as long where it goes back by itself: ended meanwhile, it would leave neither release', () => {
    expect(upgradeMinutes({ timeoutMinutes: 15 })).to.equal(15);
    expect(upgradeMinutes({ timeoutMinutes: 15, rollBack: '--atomic' })).to.equal(30);
  });
});
