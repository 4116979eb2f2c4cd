import { expect } from 'chai';
import { LoadError, RequestError, type LoadErrorCode } from '../../../src/errors.js';
import type { ModelPackage } from '../../../src/model-package/manifest.js';
import { ServableManager, type ServableListener } from '../../../src/servables/servable-manager.js';
import type { ServableHandle, ServableId } from '../../../src/servables/servable.js';
import { SessionCounter } from '../../fakes/session-counter.js';
import { eventually } from '../../support/eventually.js';
import { PACKAGES_TIMEOUT_MS, realPackages, type RealPackages } from '../../support/model-packages.js';
import { thrown } from '../../support/rejection.js';
import { servableId } from '../../support/servable-ids.js';

const MINUTE = 60_000;

/** Gives packages out at once, fails where it is told to, or waits until it is told to go on. */
class FakeSource {
  readonly fetched: string[] = [];
  readonly failures = new Map<string, LoadErrorCode>();
  readonly #held = new Map<string, { release: () => void; released: Promise<void> }>();

  constructor(readonly packages: ReadonlyMap<string, ModelPackage>) {}

  hold(version: string): () => void {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#held.set(version, { release, released });
    return release;
  }

  async fetch({ version }: ServableId): Promise<ModelPackage> {
    this.fetched.push(version);
    await this.#held.get(version)?.released;
    const code = this.failures.get(version);
    if (code !== undefined) throw new LoadError(code, `${code} of version ${version}`);
    return this.packages.get(version)!;
  }
}

class RecordingListener implements ServableListener {
  readonly heard: string[] = [];
  readonly retryAt: Date[] = [];

  loaded({ version }: ServableId): void {
    this.heard.push(`loaded ${version}`);
  }

  loadFailed({ version }: ServableId, { code }: LoadError, retryAt: Date): void {
    this.heard.push(`failed ${version} ${code}`);
    this.retryAt.push(retryAt);
  }

  retired({ version }: ServableId): void {
    this.heard.push(`retired ${version}`);
  }

  releaseFailed({ version }: ServableId, message: string): void {
    this.heard.push(`not freed ${version} ${message}`);
  }
}

describe('ServableManager', () => {
  let packages: RealPackages;
  let ids: Record<'one' | 'two' | 'three', ServableId>;
  let source: FakeSource;
  let listener: RecordingListener;
  let sessions: SessionCounter;
  let nowMs: number;
  let manager: ServableManager;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    packages = await realPackages();
    ids = {
      one: servableId(packages.tensorA, '1'),
      two: servableId(packages.tensorB, '2'),
      three: servableId(packages.tensorA, '3'),
    };
  });

  beforeEach(() => {
    source = new FakeSource(
      new Map([
        ['1', packages.tensorA],
        ['2', packages.tensorB],
        ['3', packages.tensorA],
      ]),
    );
    listener = new RecordingListener();
    sessions = new SessionCounter();
    nowMs = Date.UTC(2026, 0, 1);
    manager = new ServableManager(
      source,
      { intraOpThreads: 1, unknownFeatures: 'refuse', inlineModelBytes: Infinity },
      listener,
      () => new Date(nowMs),
    );
  });

  afterEach(async () => {
    await manager.close();
    sessions.restore();
    expect(sessions.released, 'every session that was made is released').to.equal(sessions.created);
  });

  function championVersion(): string | undefined {
    return manager.champion?.id.version;
  }

  /** Uses the champion as a request does. */
  async function answer(): Promise<string> {
    const handle = manager.acquire();
    try {
      const { servable } = handle;
      await servable.run(servable.encoder.encode([[1, 1, 1]]));
      return servable.id.version;
    } finally {
      handle.release();
    }
  }

  async function gone(version: string): Promise<void> {
    await eventually(() => {
      expect(manager.servables.map((servable) => servable.id.version)).not.to.include(version);
    });
  }

  describe('without a version', () => {
    it('lends nothing, and says so in the words of the API', () => {
      expect(thrown(() => manager.acquire(), RequestError).code).to.equal('MODEL_NOT_READY');
      expect(manager.champion).to.equal(undefined);
      expect(manager.servables).to.deep.equal([]);
    });

    it('still lends nothing while the first is loading', async () => {
      const release = source.hold('1');
      const loading = manager.aspire(ids.one);
      expect(thrown(() => manager.acquire(), RequestError).code).to.equal('MODEL_NOT_READY');
      expect(manager.servables.map(({ state }) => state)).to.deep.equal(['loading']);
      release();
      await loading;
      expect(await answer()).to.equal('1');
    });
  });

  describe('swapping', () => {
    it('lends the successor as soon as it is available, and retires the former champion', async () => {
      await manager.aspire(ids.one);
      await manager.aspire(ids.two);
      expect(await answer()).to.equal('2');
      await gone('1');
      expect(listener.heard).to.deep.equal(['loaded 1', 'loaded 2', 'retired 1']);
    });

    it('lends the champion until that moment', async () => {
      await manager.aspire(ids.one);
      const release = source.hold('2');
      const swap = manager.aspire(ids.two);
      expect(await answer()).to.equal('1');
      release();
      await swap;
      expect(await answer()).to.equal('2');
    });

    it('lets requests in flight finish on the version that they borrowed', async () => {
      await manager.aspire(ids.one);
      const handle: ServableHandle = manager.acquire();
      await manager.aspire(ids.two);
      expect(manager.servables.map(({ state }) => state)).to.deep.equal(['quiescing', 'available']);
      expect(listener.heard).not.to.include('retired 1');
      await handle.servable.run(handle.servable.encoder.encode([[1, 1, 1]]));
      handle.release();
      await gone('1');
      expect(listener.heard).to.include('retired 1');
    });

    it('does nothing when the champion is aspired again', async () => {
      await manager.aspire(ids.one);
      await manager.aspire(ids.one);
      expect(source.fetched).to.deep.equal(['1']);
    });

    it('takes the same version with other bytes for a successor', async () => {
      await manager.aspire(ids.one);
      await manager.aspire({ ...ids.one, digest: packages.tensorB.digest });
      expect(source.fetched).to.deep.equal(['1', '1']);
      expect(manager.champion?.id.digest).to.equal(packages.tensorB.digest);
    });

    it('frees the memory of two hundred former champions', async () => {
      for (let i = 0; i < 100; i += 1) {
        await manager.aspire(ids.one);
        await manager.aspire(ids.two);
      }
      await gone('1');
      expect(sessions.created).to.equal(200);
      await eventually(() => {
        expect(sessions.released).to.equal(199);
      });
      expect(manager.servables).to.have.length(1);
    });
  });

  describe('a successor that can not be loaded', () => {
    beforeEach(async () => {
      await manager.aspire(ids.one);
    });

    for (const code of ['DOWNLOAD_FAILED', 'DIGEST_MISMATCH', 'CONTRACT_VIOLATION'] as const) {
      it(`keeps the champion serving (${code})`, async () => {
        source.failures.set('2', code);
        await manager.aspire(ids.two);
        expect(await answer()).to.equal('1');
        expect(manager.servables.map(({ id }) => id.version)).to.deep.equal(['1']);
        expect(listener.heard).to.deep.equal(['loaded 1', `failed 2 ${code}`]);
        expect(manager.lastFailure).to.deep.include({
          version: '2',
          digest: ids.two.digest,
          code,
          message: `${code} of version 2`,
          failures: 1,
        });
      });
    }

    it('is a failure of the graph when it is none that is known', async () => {
      source.fetch = () => Promise.reject(new TypeError('a bug'));
      await manager.aspire(ids.two);
      expect(manager.lastFailure?.code).to.equal('GRAPH_LOAD_FAILED');
      expect(await answer()).to.equal('1');
    });

    it('is forgotten as a failure when another version is available', async () => {
      source.failures.set('2', 'DIGEST_MISMATCH');
      await manager.aspire(ids.two);
      await manager.aspire(ids.three);
      expect(manager.lastFailure).to.equal(undefined);
      expect(await answer()).to.equal('3');
    });
  });

  describe('backing off', () => {
    beforeEach(async () => {
      await manager.aspire(ids.one);
      source.fetched.length = 0;
    });

    it('does not try bytes that are known to be bad again before their time', async () => {
      source.failures.set('2', 'GOLDEN_MISMATCH');
      await manager.aspire(ids.two);
      expect(listener.retryAt).to.deep.equal([new Date(nowMs + MINUTE)]);
      for (const later of [0, 1, 5_000, MINUTE - 1]) {
        nowMs = Date.UTC(2026, 0, 1) + later;
        await manager.aspire(ids.two);
        expect(source.fetched, `${later} ms later`).to.deep.equal(['2']);
      }
      nowMs = Date.UTC(2026, 0, 1) + MINUTE;
      await manager.aspire(ids.two);
      expect(source.fetched).to.deep.equal(['2', '2']);
      expect(manager.lastFailure).to.deep.include({ failures: 2, retryAt: new Date(nowMs + 2 * MINUTE) });
    });

    it('tries what may pass again after a second, then two', async () => {
      source.failures.set('2', 'DOWNLOAD_FAILED');
      await manager.aspire(ids.two);
      nowMs += 999;
      await manager.aspire(ids.two);
      expect(source.fetched).to.have.length(1);
      nowMs += 1;
      await manager.aspire(ids.two);
      expect(source.fetched).to.have.length(2);
      nowMs += 1_999;
      await manager.aspire(ids.two);
      expect(source.fetched).to.have.length(2);
      source.failures.clear();
      nowMs += 1;
      await manager.aspire(ids.two);
      expect(await answer()).to.equal('2');
    });

    it('loads another version at once', async () => {
      source.failures.set('2', 'DIGEST_MISMATCH');
      await manager.aspire(ids.two);
      await manager.aspire(ids.three);
      expect(await answer()).to.equal('3');
    });

    it('still knows bad bytes after another version was available', async () => {
      source.failures.set('2', 'DIGEST_MISMATCH');
      await manager.aspire(ids.two);
      await manager.aspire(ids.three);
      await manager.aspire(ids.two);
      expect(source.fetched).to.deep.equal(['2', '3']);
    });

    it('loads the same version at once when its bytes are others', async () => {
      source.failures.set('2', 'DIGEST_MISMATCH');
      await manager.aspire(ids.two);
      source.failures.clear();
      await manager.aspire({ ...ids.two, digest: `sha256:${'e'.repeat(64)}` });
      expect(await answer()).to.equal('2');
    });

    it('ends when failures are forgotten', async () => {
      source.failures.set('2', 'DIGEST_MISMATCH');
      await manager.aspire(ids.two);
      source.failures.clear();
      await manager.aspire(ids.two);
      expect(await answer()).to.equal('1');
      manager.forgetFailures();
      await manager.aspire(ids.two);
      expect(await answer()).to.equal('2');
    });

    it('starts from the beginning after a success', async () => {
      source.failures.set('2', 'DOWNLOAD_FAILED');
      await manager.aspire(ids.two);
      nowMs += MINUTE;
      source.failures.clear();
      await manager.aspire(ids.two);
      await manager.aspire(ids.one);
      source.failures.set('2', 'DOWNLOAD_FAILED');
      await manager.aspire(ids.two);
      expect(manager.lastFailure?.failures).to.equal(1);
    });

    it('remembers only so many bad versions', async () => {
      const bad = (i: number): ServableId => ({ ...ids.two, version: '2', digest: `sha256:${i}` });
      source.failures.set('2', 'DIGEST_MISMATCH');
      for (let i = 0; i < 101; i += 1) await manager.aspire(bad(i));
      source.fetched.length = 0;
      await manager.aspire(bad(1));
      expect(source.fetched, 'the second is remembered').to.deep.equal([]);
      await manager.aspire(bad(0));
      expect(source.fetched, 'the oldest is forgotten').to.deep.equal(['2']);
    });
  });

  describe('changing its mind', () => {
    it('goes from A to B and back to A', async () => {
      await manager.aspire(ids.one);
      await manager.aspire(ids.two);
      await manager.aspire(ids.one);
      expect(await answer()).to.equal('1');
      await gone('2');
      expect(manager.servables).to.have.length(1);
    });

    it('goes back to A while requests still hold the former A', async () => {
      await manager.aspire(ids.one);
      const handle = manager.acquire();
      await manager.aspire(ids.two);
      await manager.aspire(ids.one);
      expect(await answer()).to.equal('1');
      expect(manager.champion).not.to.equal(handle.servable);
      handle.release();
      await gone('2');
      await eventually(() => {
        expect(manager.servables).to.have.length(1);
      });
      expect(listener.heard, 'version 1 is not gone').not.to.include('retired 1');
      expect(await answer()).to.equal('1');
    });

    it('goes to B again while requests still hold the first A', async () => {
      await manager.aspire(ids.one);
      const handle = manager.acquire();
      for (const id of [ids.two, ids.one, ids.two]) await manager.aspire(id);
      expect(await answer()).to.equal('2');
      await eventually(() => {
        expect(manager.servables.map(({ state }) => state)).to.deep.equal(['quiescing', 'available']);
      });
      handle.release();
      await gone('1');
      expect(listener.heard.filter((line) => line.startsWith('not freed'))).to.deep.equal([]);
    });

    it('stays at A when A is aspired again while B is loading', async () => {
      await manager.aspire(ids.one);
      const release = source.hold('2');
      const toTwo = manager.aspire(ids.two);
      const backToOne = manager.aspire(ids.one);
      release();
      await Promise.all([toTwo, backToOne]);
      expect(await answer()).to.equal('1');
      expect(championVersion()).to.equal('1');
      await gone('2');
      expect(await answer()).to.equal('1');
    });

    it('goes on to C when C is aspired while B is loading', async () => {
      await manager.aspire(ids.one);
      const release = source.hold('2');
      const toTwo = manager.aspire(ids.two);
      const toThree = manager.aspire(ids.three);
      release();
      await Promise.all([toTwo, toThree]);
      expect(await answer()).to.equal('3');
      await gone('1');
      await gone('2');
    });

    it('has something to answer with at every moment of many changes', async () => {
      await manager.aspire(ids.one);
      const order = [ids.two, ids.one, ids.three, ids.two, ids.two, ids.one];
      const progress = { changes: 0, answers: 0 };
      const changes = order.map(async (id) => {
        await manager.aspire(id);
        progress.changes += 1;
      });
      while (progress.changes < order.length) {
        await answer();
        progress.answers += 1;
        await new Promise((resolve) => setImmediate(resolve));
      }
      await Promise.all(changes);
      expect(progress.answers).to.be.above(0);
      expect(await answer()).to.equal('1');
    });
  });

  describe('with nothing to serve any more', () => {
    it('lends nothing, after the requests in flight, and frees the memory', async () => {
      await manager.aspire(ids.one);
      const handle = manager.acquire();
      await manager.aspire('nothing');
      expect(manager.champion).to.equal(undefined);
      expect(thrown(() => manager.acquire(), RequestError).code).to.equal('MODEL_NOT_READY');
      expect(listener.heard).to.deep.equal(['loaded 1']);
      handle.release();
      await eventually(() => {
        expect(listener.heard).to.deep.equal(['loaded 1', 'retired 1']);
        expect(manager.servables).to.deep.equal([]);
        expect(sessions.released).to.equal(1);
      });
    });

    it('serves again when it is told to', async () => {
      await manager.aspire(ids.one);
      await manager.aspire('nothing');
      await manager.aspire(ids.two);
      expect(manager.champion?.id).to.equal(ids.two);
    });

    it('does not keep what was loading when it was told so', async () => {
      const release = source.hold('1');
      const loading = manager.aspire(ids.one);
      const nothing = manager.aspire('nothing');
      release();
      await Promise.all([loading, nothing]);
      expect(manager.champion).to.equal(undefined);
      await eventually(() => {
        expect([sessions.created, sessions.released]).to.deep.equal([1, 1]);
      });
    });

    it('makes room at once where its version is to be another', async () => {
      await manager.aspire(ids.one);
      const release = source.hold('2');
      void manager.aspire('nothing');
      const loading = manager.aspire(ids.two);
      expect(manager.champion).to.equal(undefined);
      release();
      await loading;
      expect(manager.champion?.id).to.equal(ids.two);
    });
  });

  describe('closing', () => {
    it('lends nothing any more, and waits for what is in flight', async () => {
      await manager.aspire(ids.one);
      const handle = manager.acquire();
      let closed = false;
      const closing = manager.close().then(() => {
        closed = true;
      });
      await new Promise((resolve) => setImmediate(resolve));
      expect(thrown(() => manager.acquire(), RequestError).code).to.equal('MODEL_NOT_READY');
      expect(closed).to.equal(false);
      handle.release();
      await closing;
      expect(sessions.released).to.equal(1);
    });

    it('waits for a version that is loading, and releases it', async () => {
      const release = source.hold('1');
      void manager.aspire(ids.one);
      const closing = manager.close();
      release();
      await closing;
      expect([sessions.created, sessions.released]).to.deep.equal([1, 1]);
      expect(manager.champion).to.equal(undefined);
    });

    it('is fine without a version', async () => {
      await manager.close();
    });
  });
});
