import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import { LoadError } from '../../../src/errors.js';
import type { ModelPackage } from '../../../src/model-package/manifest.js';
import {
  ArtifactStore,
  type ArtifactStoreOptions,
  type PackageId,
} from '../../../src/registry/artifact-store.js';
import { OWNER_NAME } from '../../../src/registry/owner.js';
import { FakeRegistry, type Tamper } from '../../fakes/fake-registry.js';
import { editPackage, sha256, writePackage } from '../../support/package-folders.js';
import { rejection } from '../../support/rejection.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

describe('ArtifactStore', () => {
  let registry: FakeRegistry;
  let directory: string;
  let store: ArtifactStore;

  beforeEach(async () => {
    registry = new FakeRegistry();
    directory = temporaryDirectory();
    store = await openStore();
  });

  async function openStore(options: Partial<ArtifactStoreOptions> = {}): Promise<ArtifactStore> {
    const opened = new ArtifactStore(registry, { directory, keep: 3, maxPackageBytes: 1e9, ...options });
    await opened.open();
    return opened;
  }

  function registered(modelPackage: ModelPackage): PackageId {
    const { digest, manifest } = modelPackage;
    return { modelName: manifest.model_name, version: registry.register(modelPackage), digest };
  }

  function list(folder: 'packages' | 'incoming' | 'locks' | 'last-known-good'): string[] {
    return readdirSync(join(directory, folder));
  }

  function cachedPath(id: PackageId, ...parts: string[]): string {
    return join(directory, 'packages', id.digest.replace('sha256:', ''), ...parts);
  }

  function downloads(): number {
    return registry.count('openArtifact');
  }

  describe('fetching a package', () => {
    it('brings every file of the manifest into a folder named by the digest', async () => {
      const source = writePackage({ files: { 'plots/roc.svg': '<svg/>' } });
      const id = registered(source);
      const fetched = await store.fetch(id);
      expect(fetched).to.deep.equal({
        directory: cachedPath(id),
        digest: id.digest,
        manifest: source.manifest,
      });
      for (const path of ['manifest.json', 'MLmodel', 'model.onnx', 'plots/roc.svg']) {
        expect(readFileSync(cachedPath(id, path))).to.deep.equal(readFileSync(join(source.directory, path)));
      }
      expect(list('incoming')).to.deep.equal([]);
    });

    it('does not ask for files that the manifest does not name', async () => {
      const source = writePackage();
      writeFileSync(join(source.directory, 'secrets.env'), 'x');
      const id = registered(source);
      await store.fetch(id);
      expect(existsSync(cachedPath(id, 'secrets.env'))).to.equal(false);
      expect(registry.calls.some((call) => call.includes('secrets.env'))).to.equal(false);
    });

    it('reads from disk what it has', async () => {
      const id = registered(writePackage());
      await store.fetch(id);
      registry.reachable = false;
      registry.calls.length = 0;
      expect((await store.fetch(id)).directory).to.equal(cachedPath(id));
      expect(registry.calls).to.deep.equal([]);
    });

    it('finds what an earlier process has fetched', async () => {
      const id = registered(writePackage());
      await store.fetch(id);
      registry.reachable = false;
      const later = await openStore();
      expect((await later.fetch(id)).digest).to.equal(id.digest);
    });

    it('shares the bytes of versions with one digest', async () => {
      const source = writePackage();
      await store.fetch(registered(source));
      const before = downloads();
      await store.fetch(registered(source));
      expect(downloads()).to.equal(before);
    });

    it('downloads once for several that want the same package at once', async () => {
      const source = writePackage();
      const id = registered(source);
      const stores = await Promise.all(Array.from({ length: 5 }, () => openStore()));
      const [first, ...others] = await Promise.all(stores.map((one) => one.fetch(id)));
      for (const other of others) expect(other).to.deep.equal(first);
      expect(downloads()).to.equal(source.manifest.files.length + 1);
      expect(list('packages')).to.have.length(1);
      expect(list('incoming')).to.deep.equal([]);
      expect(list('locks')).to.deep.equal([]);
    });

    it('tries itself when the one that it waited for has failed', async () => {
      const id = registered(writePackage());
      let failures = 1;
      registry.tampered.set('model.onnx', (bytes) => {
        failures -= 1;
        return Readable.from([failures < 0 ? bytes : bytes.subarray(1)]);
      });
      const results = await Promise.allSettled([store.fetch(id), store.fetch(id)]);
      expect(results.map(({ status }) => status)).to.have.members(['fulfilled', 'rejected']);
      expect(list('locks')).to.deep.equal([]);
    });
  });

  describe('refusing a package', () => {
    async function refusal(id: PackageId): Promise<LoadError> {
      const error = await rejection(store.fetch(id), LoadError);
      expect(error.message).to.include(`Model ${id.modelName} version ${id.version}`);
      expect(list('packages'), 'packages').to.deep.equal([]);
      expect(list('incoming'), 'incoming').to.deep.equal([]);
      expect(list('locks'), 'locks').to.deep.equal([]);
      return error;
    }

    for (const digest of [
      'none',
      '',
      'sha256:',
      `sha256:${'A'.repeat(64)}`,
      'a'.repeat(64),
      'sha256:../../etc',
    ]) {
      it(`says DIGEST_MISSING for the tag "${digest.slice(0, 20)}", without a download`, async () => {
        const id = { ...registered(writePackage()), digest };
        expect((await refusal(id)).code).to.equal('DIGEST_MISSING');
        expect(registry.calls).to.deep.equal([]);
      });
    }

    it('says DIGEST_MISMATCH when the manifest is not the registered one, and names both digests', async () => {
      const source = writePackage();
      const id = { ...registered(source), digest: `sha256:${'1'.repeat(64)}` };
      const error = await refusal(id);
      expect(error.code).to.equal('DIGEST_MISMATCH');
      expect(error.message).to.include(source.digest).and.include(id.digest);
      expect(downloads()).to.equal(1);
    });

    const tampers: Record<string, Tamper> = {
      'has one other byte': (bytes) => {
        const changed = Buffer.from(bytes);
        changed[0] = changed[0]! ^ 1;
        return Readable.from([changed]);
      },
      'is truncated': (bytes) => Readable.from([bytes.subarray(0, bytes.length - 1)]),
      'is empty': () => Readable.from([]),
      'is longer than announced': (bytes) => Readable.from([bytes, Buffer.from('!')]),
    };
    for (const [what, tamper] of Object.entries(tampers)) {
      it(`says DIGEST_MISMATCH when a file ${what}`, async () => {
        const id = registered(writePackage());
        registry.tampered.set('model.onnx', tamper);
        const error = await refusal(id);
        expect(error.code).to.equal('DIGEST_MISMATCH');
        expect(error.message).to.include('model.onnx');
      });
    }

    it('stops a file that goes on and on, without storing the rest', async () => {
      const id = registered(writePackage());
      let sent = 0;
      registry.tampered.set('model.onnx', () =>
        Readable.from(
          (function* long() {
            while (sent < 20_000_000) {
              sent += 1_024;
              yield Buffer.alloc(1_024);
            }
          })(),
        ),
      );
      expect((await refusal(id)).code).to.equal('DIGEST_MISMATCH');
      expect(sent).to.be.below(1_000_000);
    });

    it('stops a manifest that goes on and on', async () => {
      const id = registered(writePackage());
      const chunk = Buffer.alloc(1024 ** 2, ' ');
      let sent = 0;
      registry.tampered.set('manifest.json', () =>
        Readable.from(
          (function* long() {
            while (sent < 60) {
              sent += 1;
              yield chunk;
            }
          })(),
        ),
      );
      expect((await refusal(id)).code).to.equal('CONTRACT_VIOLATION');
      expect(sent).to.be.below(40);
    });

    it('says CONTRACT_VIOLATION with the rule when the manifest breaks one', async () => {
      const broken = editPackage(writePackage(), {
        manifest: (draft) => {
          draft.features[0]!.range = { min: 2, max: 1 };
        },
      });
      const error = await refusal(registered(broken));
      expect(error.code).to.equal('CONTRACT_VIOLATION');
      expect(error.message).to.include('feature-domain');
    });

    it('says CONTRACT_VIOLATION when the manifest is of another model', async () => {
      const source = writePackage({ manifest: { model_name: 'somebody-else' } });
      const version = registry.register(source);
      const id = { modelName: 'somebody-else', version, digest: source.digest };
      await store.fetch(id);
      const registeredAsToy = new FakeRegistry();
      registeredAsToy.register({ ...source, manifest: { ...source.manifest, model_name: 'toy' } });
      rmSync(cachedPath(id), { recursive: true });
      store = new ArtifactStore(registeredAsToy, { directory, keep: 3, maxPackageBytes: 1e9 });
      const error = await refusal({ ...id, modelName: 'toy', version: '1' });
      expect(error.code).to.equal('CONTRACT_VIOLATION');
      expect(error.message).to.include('model-name');
    });

    it('says CONTRACT_VIOLATION when MLmodel has another signature', async () => {
      const other = editPackage(writePackage(), { files: { MLmodel: "signature:\n  inputs: '[]'\n" } });
      const error = await refusal(registered(other));
      expect(error.code).to.equal('CONTRACT_VIOLATION');
      expect(error.message).to.include('signature');
    });

    for (const path of ['../../escaped', '/tmp/escaped', 'a/../../../escaped']) {
      it(`refuses a file at ${path} before anything is written`, async () => {
        const traversing = editPackage(writePackage(), {
          relist: false,
          manifest: (draft) => draft.files.push({ path, sha256: sha256('x'), bytes: 1 }),
        });
        expect((await refusal(registered(traversing))).code).to.equal('CONTRACT_VIOLATION');
        expect(downloads(), 'only the manifest').to.equal(1);
      });
    }

    it('refuses a package over the size limit before its files are downloaded', async () => {
      store = await openStore({ maxPackageBytes: 1_000 });
      const id = registered(writePackage({ files: { weights: Buffer.alloc(1_000) } }));
      const error = await refusal(id);
      expect(error.code).to.equal('CONTRACT_VIOLATION');
      expect(error.message).to.match(/has 1\d{3} bytes, allowed are 1000/);
      expect(downloads(), 'only the manifest').to.equal(1);
    });

    it('takes a package of exactly the size limit', async () => {
      const source = writePackage();
      const bytes = source.manifest.files.reduce((sum, file) => sum + file.bytes, 0);
      store = await openStore({ maxPackageBytes: bytes });
      await store.fetch(registered(source));
      store = await openStore({ maxPackageBytes: bytes - 1, directory: (directory = temporaryDirectory()) });
      expect((await refusal(registered(source))).code).to.equal('CONTRACT_VIOLATION');
    });

    it('says DOWNLOAD_FAILED when a stream is interrupted, since the next may be whole', async () => {
      const id = registered(writePackage());
      registry.tampered.set('model.onnx', (bytes) =>
        Readable.from(
          (function* interrupted() {
            yield bytes.subarray(0, 3);
            throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
          })(),
        ),
      );
      const error = await refusal(id);
      expect(error.code).to.equal('DOWNLOAD_FAILED');
      expect(error.transient).to.equal(true);
      registry.tampered.clear();
      await store.fetch(id);
    });

    it('says DOWNLOAD_FAILED when the registry is down or has lost a file', async () => {
      const source = writePackage();
      const id = registered(source);
      registry.reachable = false;
      expect((await refusal(id)).code).to.equal('DOWNLOAD_FAILED');
      registry.reachable = true;
      rmSync(join(source.directory, 'model.onnx'));
      const error = await refusal(id);
      expect(error.code).to.equal('DOWNLOAD_FAILED');
      expect(error.message).to.include('model.onnx');
    });

    for (const code of ['ENOSPC', 'EACCES', 'EROFS', 'EDQUOT']) {
      it(`says CACHE_FAILED when the disk says ${code}`, async () => {
        const id = registered(writePackage());
        registry.tampered.set('model.onnx', () => {
          // The error of the writing side ends the pipeline just as one of the reading side does.
          return new Readable({
            read() {
              this.destroy(Object.assign(new Error(`${code}: write`), { code }));
            },
          });
        });
        expect((await refusal(id)).code).to.equal('CACHE_FAILED');
      });
    }
  });

  describe('a cache that went bad', () => {
    let id: PackageId;
    let source: ModelPackage;

    beforeEach(async () => {
      source = writePackage({ files: { 'plots/roc.svg': '<svg/>' } });
      id = registered(source);
      await store.fetch(id);
    });

    const damages: Record<string, (path: (...parts: string[]) => string) => void> = {
      'a changed graph': (path) => {
        writeFileSync(path('model.onnx'), 'bad a graph');
      },
      'a truncated graph': (path) => {
        truncateSync(path('model.onnx'), 3);
      },
      'a longer graph': (path) => {
        appendFileSync(path('model.onnx'), 'x');
      },
      'a missing file': (path) => {
        rmSync(path('plots/roc.svg'));
      },
      'a changed MLmodel': (path) => {
        writeFileSync(path('MLmodel'), '\0'.repeat(10));
      },
      'a missing MLmodel': (path) => {
        rmSync(path('MLmodel'));
      },
      'a changed manifest': (path) => {
        appendFileSync(path('manifest.json'), ' ');
      },
      'an empty manifest': (path) => {
        truncateSync(path('manifest.json'), 0);
      },
      'a missing manifest': (path) => {
        rmSync(path('manifest.json'));
      },
      'an empty folder': (path) => {
        rmSync(path(), { recursive: true });
        mkdirSync(path());
      },
      'a file in place of the folder': (path) => {
        rmSync(path(), { recursive: true });
        writeFileSync(path(), 'what');
      },
    };
    for (const [what, damage] of Object.entries(damages)) {
      it(`is downloaded again after ${what}`, async () => {
        damage((...parts) => cachedPath(id, ...parts));
        const before = downloads();
        await store.fetch(id);
        expect(downloads()).to.be.above(before);
        for (const path of ['manifest.json', 'MLmodel', 'model.onnx', 'plots/roc.svg']) {
          expect(readFileSync(cachedPath(id, path))).to.deep.equal(
            readFileSync(join(source.directory, path)),
          );
        }
      });
    }

    it('is not served while the registry is down', async () => {
      writeFileSync(cachedPath(id, 'model.onnx'), 'bad a graph');
      registry.reachable = false;
      expect((await rejection(store.fetch(id), LoadError)).code).to.equal('DOWNLOAD_FAILED');
    });

    it('still knows which model it is of', async () => {
      const error = await rejection(store.fetch({ ...id, modelName: 'other' }), LoadError);
      expect(error.code).to.equal('CONTRACT_VIOLATION');
      expect(existsSync(cachedPath(id)), 'the package of the right model stays').to.equal(true);
    });
  });

  describe('opening', () => {
    const HOUR = 3_600_000;
    const [place, pid] = OWNER_NAME.split('-') as [string, string];
    const deadHere = `${place}-${pid}-00000000-11111111`;
    const aliveHere = `${place}-${process.ppid}-00000000-11111111`;
    const elsewhere = `${'f'.repeat(12)}-${pid}-00000000-11111111`;

    function age(path: string, hours: number): void {
      const at = new Date(Date.now() - hours * HOUR);
      utimesSync(path, at, at);
    }

    function half(name: string, hours = 0): string {
      const path = join(directory, 'incoming', name);
      mkdirSync(path, { recursive: true });
      writeFileSync(join(path, 'model.onnx'), 'half');
      age(path, hours);
      return path;
    }

    function file(folder: 'locks' | 'last-known-good', name: string, content: string, hours = 0): string {
      const path = join(directory, folder, name);
      writeFileSync(path, content);
      age(path, hours);
      return path;
    }

    it('removes downloads of processes that are dead, on this host or restarted with this very pid', async () => {
      const paths = [
        half(deadHere),
        half(`${place}-${spawnSync(process.execPath, ['--version']).pid}-00000000-11111111`),
      ];
      await openStore();
      for (const path of paths) expect(existsSync(path), path).to.equal(false);
    });

    it('leaves alone what a living process is writing, here or on another host that shares the folder', async () => {
      const paths = [half(aliveHere), half(elsewhere), half(`${OWNER_NAME}-11111111`), half('lost+found')];
      await openStore();
      for (const path of paths) expect(existsSync(path), path).to.equal(true);
    });

    it('removes what is too old to be written by anybody', async () => {
      const paths = [half(elsewhere, 7), half('lost+found', 7), half('1234-0123456789abcdef', 7)];
      await openStore();
      for (const path of paths) expect(existsSync(path), path).to.equal(false);
    });

    it('removes locks and half-written last known good versions by the same rule', async () => {
      const name = 'toy@champion.json';
      await store.writeLastKnownGood(
        { modelName: 'toy', version: '7', digest: `sha256:${'a'.repeat(64)}` },
        'champion',
      );
      age(join(directory, 'last-known-good', name), 1_000);
      const gone = [
        file('locks', 'a'.repeat(64), deadHere),
        file('locks', 'b'.repeat(64), elsewhere, 7),
        file('locks', `${'c'.repeat(64)}.${deadHere}`, ''),
        file('last-known-good', `${name}.${deadHere}`, '{'),
        file('last-known-good', `${name}.${elsewhere}`, '{', 7),
      ];
      const kept = [
        file('locks', 'd'.repeat(64), elsewhere, 5),
        file('last-known-good', `${name}.${elsewhere}`.replace('toy', 'other'), '{'),
      ];
      await openStore();
      for (const path of gone) expect(existsSync(path), path).to.equal(false);
      for (const path of kept) expect(existsSync(path), path).to.equal(true);
      expect((await store.readLastKnownGood('toy', 'champion'))?.version).to.equal('7');
    });

    it('is not the only time: pruning removes them too', async () => {
      const path = half(deadHere);
      await store.prune(new Set());
      expect(existsSync(path)).to.equal(false);
    });

    it('fails where it may not write', async () => {
      const file = join(temporaryDirectory(), 'a-file');
      writeFileSync(file, '');
      const error = await rejection(openStore({ directory: join(file, 'cache') }), Error);
      expect(error.message).to.include('ENOTDIR');
    });
  });

  describe('pruning', () => {
    /** Fetched in this order, a minute apart; the first is the oldest. */
    async function fetchFour(): Promise<PackageId[]> {
      const ids: PackageId[] = [];
      for (let i = 0; i < 4; i += 1) {
        const id = registered(writePackage({ files: { note: String(i) } }));
        await store.fetch(id);
        const at = new Date(Date.UTC(2026, 0, 1, 0, i));
        utimesSync(cachedPath(id), at, at);
        ids.push(id);
      }
      return ids;
    }

    function kept(ids: readonly PackageId[]): number[] {
      return ids.flatMap((id, i) => (existsSync(cachedPath(id)) ? [i] : []));
    }

    it('keeps the newest', async () => {
      store = await openStore({ keep: 2 });
      const ids = await fetchFour();
      await store.prune(new Set());
      expect(kept(ids)).to.deep.equal([2, 3]);
    });

    it('keeps those in use, however old, beside the newest', async () => {
      store = await openStore({ keep: 1 });
      const ids = await fetchFour();
      await store.prune(new Set([ids[0]!.digest]));
      expect(kept(ids)).to.deep.equal([0, 3]);
    });

    it('keeps only those in use when it is to keep none', async () => {
      store = await openStore({ keep: 0 });
      const ids = await fetchFour();
      await store.prune(new Set([ids[1]!.digest, ids[2]!.digest]));
      expect(kept(ids)).to.deep.equal([1, 2]);
    });

    it('counts a package that was read again as new', async () => {
      store = await openStore({ keep: 1 });
      const ids = await fetchFour();
      await store.fetch(ids[0]!);
      await store.prune(new Set());
      expect(kept(ids)).to.deep.equal([0]);
    });
  });

  describe('the last known good version', () => {
    const id: PackageId = { modelName: 'toy', version: '7', digest: `sha256:${'a'.repeat(64)}` };

    it('is none at first', async () => {
      expect(await store.readLastKnownGood('toy', 'champion')).to.equal(undefined);
    });

    it('is what was written last', async () => {
      await store.writeLastKnownGood({ ...id, version: '6' }, 'champion');
      await store.writeLastKnownGood(id, 'champion');
      expect(await store.readLastKnownGood('toy', 'champion')).to.deep.equal(id);
      expect(await (await openStore()).readLastKnownGood('toy', 'champion')).to.deep.equal(id);
      expect(list('last-known-good'), 'nothing temporary is left').to.have.length(1);
    });

    it('is one a model and alias', async () => {
      await store.writeLastKnownGood(id, 'champion');
      await store.writeLastKnownGood({ ...id, modelName: 'other', version: '1' }, 'champion');
      await store.writeLastKnownGood({ ...id, version: '9' }, 'challenger');
      expect((await store.readLastKnownGood('toy', 'champion'))?.version).to.equal('7');
      expect((await store.readLastKnownGood('toy', 'challenger'))?.version).to.equal('9');
      expect(await store.readLastKnownGood('third', 'champion')).to.equal(undefined);
    });

    const garbage: Record<string, string> = {
      'an empty file': '',
      'no JSON': '{"modelName":',
      'another shape': '{"model":"toy"}',
      'a digest that is a path': JSON.stringify({ ...id, digest: 'sha256:../../..' }),
      null: 'null',
    };
    for (const [what, content] of Object.entries(garbage)) {
      it(`is none when the file holds ${what}`, async () => {
        await store.writeLastKnownGood(id, 'champion');
        writeFileSync(join(directory, 'last-known-good', list('last-known-good')[0]!), content);
        expect(await store.readLastKnownGood('toy', 'champion')).to.equal(undefined);
      });
    }
  });
});
