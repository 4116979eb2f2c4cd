import { expect } from 'chai';
import { PromotionError } from '../../../src/promotion/promotion-error.js';
import { quarantineTag, TRAFFIC_POLICY_TAG } from '../../../src/registry/traffic-tags.js';
import { changeTraffic } from '../../../src/rollout/traffic-change.js';
import { FakeRegistry } from '../../fakes/fake-registry.js';
import { writePackage } from '../../support/package-folders.js';
import { rejection } from '../../support/rejection.js';

describe('a split by hand', () => {
  const modelPackage = writePackage();
  const canary = { version: '2', percent: 10 };
  const shadow = { version: '3', percent: 50 };
  let registry: FakeRegistry;

  beforeEach(() => {
    registry = new FakeRegistry();
    registry.promote(modelPackage);
    for (const digit of ['2', '3']) {
      registry.register(modelPackage, { package_digest: `sha256:${digit.repeat(64)}` });
    }
  });

  async function policy(): Promise<string | undefined> {
    return (await registry.getRegisteredModel('toy')).tags.get(TRAFFIC_POLICY_TAG);
  }

  it('sets what is said and leaves the rest', async () => {
    await changeTraffic(registry, 'toy', { canary, clear: false });
    expect(await changeTraffic(registry, 'toy', { shadow, clear: false })).to.deep.equal({ canary, shadow });
    expect(JSON.parse((await policy())!)).to.deep.equal({ canary, shadow });
  });

  it('clears all, or all but what is said', async () => {
    await changeTraffic(registry, 'toy', { canary, shadow, clear: false });
    expect(await changeTraffic(registry, 'toy', { shadow, clear: true })).to.deep.equal({ shadow });
    expect(await changeTraffic(registry, 'toy', { clear: true })).to.deep.equal({});
    expect(await policy()).to.equal(undefined);
  });

  it('changes nothing where nothing is said', async () => {
    expect(await changeTraffic(registry, 'toy', { clear: false })).to.deep.equal({});
    await changeTraffic(registry, 'toy', { canary, clear: false });
    const before = registry.count('setRegisteredModelTag');
    expect(await changeTraffic(registry, 'toy', { clear: false })).to.deep.equal({ canary });
    expect(registry.count('setRegisteredModelTag')).to.equal(before);
  });

  const refusals: readonly (readonly [string, string, () => unknown])[] = [
    ['a version that there is not', 'has no version 2', () => { registry.remove('toy', '2'); }],
    ['bytes in quarantine', 'its bytes are in quarantine', () => registry.setRegisteredModelTag('toy', quarantineTag(`sha256:${'2'.repeat(64)}`), '{}')],
    ['the champion', 'it is champion', () => { registry.point('toy', 'champion', '2'); }],
    ['what it can not read', '--clear removes it', () => registry.setRegisteredModelTag('toy', TRAFFIC_POLICY_TAG, '{"canary":1}')],
  ]; // prettier-ignore
  for (const [what, said, prepare] of refusals) {
    it(`is refused with ${what}`, async () => {
      await prepare();
      const before = await policy();
      const error = await rejection(changeTraffic(registry, 'toy', { canary, clear: false }), PromotionError);
      expect(error.message).to.include(said);
      expect(await policy()).to.equal(before);
    });
  }

  it('is cleared where it can not be read', async () => {
    await registry.setRegisteredModelTag('toy', TRAFFIC_POLICY_TAG, '{"canary":1}');
    await changeTraffic(registry, 'toy', { clear: true });
    expect(await policy()).to.equal(undefined);
  });
});
