import { readdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import { bless, type BlessResult } from '../../../src/cli/bless.js';
import { LoadError } from '../../../src/errors.js';
import type { ModelPackage } from '../../../src/model-package/manifest.js';
import { PromotionError } from '../../../src/promotion/promotion-error.js';
import { RegistryError } from '../../../src/registry/model-registry.js';
import { FakeRegistry } from '../../fakes/fake-registry.js';
import { SessionCounter } from '../../fakes/session-counter.js';
import { PACKAGES_TIMEOUT_MS, realPackages, type RealPackages } from '../../support/model-packages.js';
import { editPackage } from '../../support/package-folders.js';
import { rejection } from '../../support/rejection.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const LIMIT = 1e9;

describe('bless', () => {
  let packages: RealPackages;
  let registry: FakeRegistry;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    packages = await realPackages();
  });

  beforeEach(() => {
    registry = new FakeRegistry();
  });

  function run(modelPackage: ModelPackage): Promise<BlessResult> {
    const version = registry.register(modelPackage);
    return bless(registry, modelPackage.manifest.model_name, version, LIMIT);
  }

  function tags(name = 'small-tensor'): Record<string, string> {
    return Object.fromEntries(registry.tagsOf(name, '1'));
  }

  it('blesses what this runtime loads and answers right, and writes so to the version', async () => {
    const { digest } = packages.tensorA;
    expect(await run(packages.tensorA)).to.deep.equal({
      model: 'small-tensor',
      version: '1',
      digest,
      blessed: true,
      code: 'OK',
      reason: 'loaded, and every golden row matches',
    });
    const { blessed_at: at, ...rest } = tags();
    expect(rest).to.deep.equal({
      package_digest: digest,
      blessing: 'blessed',
      blessing_digest: digest,
      blessing_reason: 'loaded, and every golden row matches',
    });
    expect(Date.now() - Date.parse(at!)).to.be.within(0, 60_000);
  });

  it('blesses a model with strings and columns too', async () => {
    expect((await run(packages.columnsStrings)).blessed).to.equal(true);
  });

  it('refuses a wrong golden output, and writes why to the version', async () => {
    const wrong = editPackage(packages.tensorA, {
      manifest: (draft) => (draft.golden.outputs['score']![2] = 0.999),
    });
    const result = await run(wrong);
    expect([result.blessed, result.code]).to.deep.equal([false, 'GOLDEN_MISMATCH']);
    expect(result.reason).to.match(/golden row 2: score is 0\.\d+, expected 0\.999/);
    expect(tags()).to.include({
      blessing: 'refused',
      blessing_digest: wrong.digest,
      blessing_reason: result.reason,
    });
  });

  it('refuses a graph that is not whole', async () => {
    const broken = editPackage(packages.tensorA, { files: { 'model.onnx': 'half a graph' } });
    expect((await run(broken)).code).to.equal('GRAPH_LOAD_FAILED');
  });

  it('refuses a broken contract', async () => {
    const broken = editPackage(packages.tensorA, {
      manifest: (draft) => (draft.features[1]!.name = 'income'),
    });
    expect((await run(broken)).code).to.equal('CONTRACT_VIOLATION');
  });

  it('refuses bytes that are not the registered ones', async () => {
    registry.tampered.set('model.onnx', (bytes) => Readable.from([bytes, Buffer.from('!')]));
    expect((await run(packages.tensorA)).code).to.equal('DIGEST_MISMATCH');
  });

  it('refuses a version without a digest', async () => {
    registry.register(packages.tensorA);
    registry.tagsOf('small-tensor', '1').clear();
    const result = await bless(registry, 'small-tensor', '1', LIMIT);
    expect([result.code, result.digest]).to.deep.equal(['DIGEST_MISSING', 'none']);
    expect(tags()).to.include({ blessing: 'refused' });
  });

  it('takes back a blessing when the same version is blessed no more', async () => {
    await run(packages.tensorA);
    registry.tampered.set('model.onnx', () => Readable.from([Buffer.from('changed')]));
    await bless(registry, 'small-tensor', '1', LIMIT);
    expect(tags()).to.include({ blessing: 'refused' });
  });

  it('reaches no verdict while files can not be fetched', async () => {
    registry.tampered.set('model.onnx', () => {
      throw new RegistryError('unreachable', 'gone');
    });
    const error = await rejection(run(packages.tensorA), LoadError);
    expect(error.code).to.equal('DOWNLOAD_FAILED');
    expect(tags()).not.to.have.property('blessing');
  });

  it('reaches no verdict while files may not be read', async () => {
    registry.tampered.set('model.onnx', () => {
      throw new RegistryError('denied', '403');
    });
    expect((await rejection(run(packages.tensorA), LoadError)).code).to.equal('REGISTRY_DENIED');
    expect(tags()).not.to.have.property('blessing');
  });

  it('reaches no verdict about a version that is not there', async () => {
    const error = await rejection(bless(registry, 'small-tensor', '9', LIMIT), PromotionError);
    expect(error.kind).to.equal('not-registered');
  });

  it('leaves nothing behind: no folder, no session', async () => {
    const TMPDIR = process.env['TMPDIR'];
    const scratch = temporaryDirectory();
    const wrong = editPackage(packages.tensorA, {
      manifest: (draft) => (draft.golden.outputs['label']![0] = 7),
    });
    const sessions = new SessionCounter();
    process.env['TMPDIR'] = scratch;
    try {
      await run(packages.tensorA);
      await run(wrong);
      expect([sessions.created, sessions.released]).to.deep.equal([2, 2]);
      expect(readdirSync(scratch)).to.deep.equal([]);
    } finally {
      sessions.restore();
      if (TMPDIR === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = TMPDIR;
    }
  });
});
