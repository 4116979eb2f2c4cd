import { expect } from 'chai';
import type { LoadError } from '../../../src/errors.js';
import { type LoadErrorCode } from '../../../src/errors.js';
import {
  AliasWatcher,
  type AliasListener,
  type VersionFollower,
} from '../../../src/registry/alias-watcher.js';
import type { PackageId } from '../../../src/registry/artifact-store.js';
import { RegistryError } from '../../../src/registry/model-registry.js';
import { FakeRegistry } from '../../fakes/fake-registry.js';
import { writePackage } from '../../support/package-folders.js';
import { eventually } from '../../support/eventually.js';

/** Goes wherever it is told at once, except to what it can't load. */
class FakeFollower implements VersionFollower {
  champion: { readonly id: PackageId } | undefined;
  readonly aspired: string[] = [];
  readonly unloadable = new Set<string>();

  aspire(id: PackageId): Promise<void> {
    this.aspired.push(id.version);
    if (!this.unloadable.has(id.version)) this.champion = { id };
    return Promise.resolve();
  }
}

class RecordingListener implements AliasListener {
  readonly heard: string[] = [];

  resolved(version: string): void {
    this.heard.push(`resolved ${version}`);
  }

  unresolved({ code }: LoadError): void {
    this.heard.push(`unresolved ${code}`);
  }

  fellBack({ version }: PackageId): void {
    this.heard.push(`fell back to ${version}`);
  }
}

describe('AliasWatcher', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const source = writePackage();
  let registry: FakeRegistry;
  let follower: FakeFollower;
  let listener: RecordingListener;
  let onDisk: PackageId | undefined;
  let watcher: AliasWatcher;

  beforeEach(() => {
    registry = new FakeRegistry();
    follower = new FakeFollower();
    listener = new RecordingListener();
    onDisk = undefined;
    watcher = watch();
  });

  afterEach(() => watcher.stop());

  function watch(pollIntervalSeconds = 59): AliasWatcher {
    return new AliasWatcher(
      registry,
      follower,
      () => Promise.resolve(onDisk),
      { modelName: 'toy', alias: 'champion', pollIntervalSeconds },
      listener,
    );
  }

  function looks(): number {
    return registry.count('getModelVersionByAlias');
  }

  describe('a look', () => {
    it('has the follower go where the alias points, with the digest of the tag', async () => {
      registry.promote(source);
      await watcher.look();
      expect(follower.champion?.id).to.deep.equal({
        modelName: 'toy',
        version: '1',
        digest: source.digest,
      });
      expect(watcher.servingFrom).to.equal('registry');
      expect(watcher.view).to.include({ reachable: true, aliasedVersion: '1', error: undefined });
      expect(listener.heard).to.deep.equal(['resolved 1']);
    });

    it('passes on that a version has no digest, instead of hiding it', async () => {
      registry.promote(source);
      registry.tagsOf('toy', '1').clear();
      await watcher.look();
      expect(follower.champion?.id.digest).to.equal('none');
    });

    it('says when it was', async () => {
      const before = new Date();
      expect(watcher.view.checkedAt).to.equal(undefined);
      await watcher.look();
      expect(watcher.view.checkedAt).to.be.within(before, new Date());
    });

    it('is shared by those who want one at once', async () => {
      registry.promote(source);
      await Promise.all([watcher.look(), watcher.look(), watcher.look()]);
      expect(looks()).to.equal(1);
      await watcher.look();
      expect(looks()).to.equal(2);
    });

    it('does not send the follower anywhere while the registry is down', async () => {
      registry.promote(source);
      await watcher.look();
      registry.reachable = false;
      await watcher.look();
      expect(follower.aspired).to.deep.equal(['1']);
      expect(follower.champion?.id.version).to.equal('1');
      expect(watcher.servingFrom).to.equal('registry');
      expect(watcher.view).to.include({ reachable: false, aliasedVersion: '1' });
      expect(watcher.view.error).to.include('ECONNREFUSED');
    });

    it('forgets an error once the registry answers again', async () => {
      registry.promote(source);
      registry.reachable = false;
      await watcher.look();
      registry.reachable = true;
      await watcher.look();
      expect(watcher.view).to.include({ reachable: true, error: undefined });
    });

    it('keeps the champion when its alias is removed', async () => {
      registry.promote(source);
      await watcher.look();
      registry.removeAlias('toy', 'champion');
      await watcher.look();
      expect(follower.champion?.id.version).to.equal('1');
      expect(listener.heard).to.deep.equal(['resolved 1', 'unresolved ALIAS_NOT_SET']);
    });

    it('tells a registry without the alias from one that is down', async () => {
      registry.register(source);
      await watcher.look();
      expect(watcher.view.reachable).to.equal(true);
      expect(watcher.view.error).to.equal('Model toy has no alias champion in the registry');
      expect(watcher.servingFrom).to.equal('nothing');
    });

    const thrownThings: readonly (readonly [unknown, LoadErrorCode])[] = [
      [new RegistryError('unreachable', 'timeout'), 'REGISTRY_UNREACHABLE'],
      [new RegistryError('denied', '401'), 'REGISTRY_DENIED'],
      [new RegistryError('rejected', '400'), 'REGISTRY_UNREACHABLE'],
      [new RegistryError('not-found', 'no alias'), 'ALIAS_NOT_SET'],
      [new TypeError('a bug'), 'REGISTRY_UNREACHABLE'],
      ['not even an error', 'REGISTRY_UNREACHABLE'],
    ];
    for (const [thing, code] of thrownThings) {
      it(`never rejects, and says ${code} for ${String(thing)}`, async () => {
        registry.getModelVersionByAlias = () => {
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- anything can be thrown
          return Promise.reject(thing);
        };
        await watcher.look();
        await watcher.hurry();
        await watcher.start();
        expect(new Set(listener.heard)).to.deep.equal(new Set([`unresolved ${code}`]));
      });
    }
  });

  describe('hurry', () => {
    it('looks at once', async () => {
      registry.promote(source);
      await watcher.hurry();
      expect(follower.champion?.id.version).to.equal('1');
    });

    it('looks again after a look that may have read the old alias', async () => {
      registry.promote(source);
      const slow = watcher.look();
      // The look has asked already; its answer will be version 1.
      await eventually(() => {
        expect(looks()).to.equal(1);
      });
      const hurried = watcher.hurry();
      await slow;
      registry.promote(source);
      await hurried;
      expect(looks()).to.equal(2);
    });

    it('sees an alias that moved while another look was loading the version before', async () => {
      registry.promote(source);
      let loaded: () => void = () => undefined;
      let loading = false;
      const aspire = follower.aspire.bind(follower);
      follower.aspire = async (id) => {
        if (id.version === '1') {
          loading = true;
          await new Promise<void>((resolve) => {
            loaded = resolve;
          });
        }
        await aspire(id);
      };
      const first = watcher.look();
      await eventually(() => {
        expect(loading).to.equal(true);
      });
      registry.promote(source);
      const hurried = watcher.hurry();
      loaded();
      await Promise.all([first, hurried]);
      expect(follower.aspired).to.deep.equal(['1', '2']);
      expect(follower.champion?.id.version).to.equal('2');
    });

    it('makes one more look of many hints', async () => {
      registry.promote(source);
      const first = watcher.look();
      await Promise.all([first, watcher.hurry(), watcher.hurry(), watcher.hurry()]);
      expect(looks()).to.equal(2);
      await watcher.look();
      expect(looks(), 'no look is left over').to.equal(3);
    });
  });

  describe('falling back to the last known good version', () => {
    beforeEach(() => {
      onDisk = { modelName: 'toy', version: '7', digest };
    });

    it('happens on a start while the registry is down, and is said', async () => {
      registry.reachable = false;
      await watcher.look();
      expect(follower.champion?.id).to.deep.equal(onDisk);
      expect(watcher.servingFrom).to.equal('last_known_good');
      expect(listener.heard).to.deep.equal(['unresolved REGISTRY_UNREACHABLE', 'fell back to 7']);
    });

    it('happens once, not at every look', async () => {
      registry.reachable = false;
      await watcher.look();
      await watcher.look();
      expect(follower.aspired).to.deep.equal(['7']);
    });

    it('happens when the alias is not set', async () => {
      registry.register(source);
      await watcher.look();
      expect(watcher.servingFrom).to.equal('last_known_good');
    });

    it('happens when the promoted version can not be loaded', async () => {
      registry.promote(source);
      follower.unloadable.add('1');
      await watcher.look();
      expect(follower.aspired).to.deep.equal(['1', '7']);
      expect(watcher.servingFrom).to.equal('last_known_good');
    });

    it('ends when the promoted version is served', async () => {
      registry.promote(source);
      registry.reachable = false;
      await watcher.look();
      registry.reachable = true;
      await watcher.look();
      expect(follower.champion?.id.version).to.equal('1');
      expect(watcher.servingFrom).to.equal('registry');
    });

    it('does not end while the promoted version can not be loaded', async () => {
      registry.promote(source);
      follower.unloadable.add('1');
      await watcher.look();
      await watcher.look();
      expect(follower.champion?.id.version).to.equal('7');
      expect(watcher.servingFrom).to.equal('last_known_good');
    });

    it('ends when the registry turns out to have promoted these very bytes', async () => {
      onDisk = { modelName: 'toy', version: '1', digest: source.digest };
      registry.reachable = false;
      await watcher.look();
      registry.reachable = true;
      registry.promote(source);
      await watcher.look();
      expect(watcher.servingFrom).to.equal('registry');
    });

    it('does not happen while there is a champion', async () => {
      registry.promote(source);
      await watcher.look();
      registry.reachable = false;
      await watcher.look();
      expect(follower.champion?.id.version).to.equal('1');
      expect(listener.heard).not.to.include('fell back to 7');
    });

    it('serves nothing, and tries again, when there is none or it can not be loaded', async () => {
      registry.reachable = false;
      follower.unloadable.add('7');
      await watcher.look();
      expect(watcher.servingFrom).to.equal('nothing');
      expect(listener.heard).to.deep.equal(['unresolved REGISTRY_UNREACHABLE']);
      follower.unloadable.clear();
      await watcher.look();
      expect(watcher.servingFrom).to.equal('last_known_good');
      follower.champion = undefined;
      onDisk = undefined;
      await watcher.look();
      expect(watcher.servingFrom).to.equal('nothing');
    });
  });

  describe('start', () => {
    it('has looked once when it resolves, and looks again by itself', async () => {
      watcher = watch(1);
      registry.promote(source);
      await watcher.start();
      expect(looks()).to.equal(1);
      registry.promote(source);
      await eventually(() => {
        expect(follower.champion?.id.version).to.equal('2');
      });
    });

    it('survives a registry that is down, and follows it when it comes up', async () => {
      watcher = watch(1);
      registry.promote(source);
      registry.reachable = false;
      await watcher.start();
      expect(watcher.servingFrom).to.equal('nothing');
      registry.reachable = true;
      await eventually(() => {
        expect(watcher.servingFrom).to.equal('registry');
      });
    });
  });

  describe('stop', () => {
    it('waits for a look that is under way', async () => {
      registry.promote(source);
      const look = watcher.look();
      await watcher.stop();
      expect(follower.champion?.id.version).to.equal('1');
      await look;
    });
  });
});
