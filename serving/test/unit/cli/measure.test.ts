import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { measure } from '../../../src/cli/measure.js';
import { readConfig } from '../../../src/config.js';
import { LoadError } from '../../../src/errors.js';
import { SessionCounter } from '../../fakes/session-counter.js';
import { PACKAGES_TIMEOUT_MS, realPackages, type RealPackages } from '../../support/model-packages.js';
import { editPackage } from '../../support/package-folders.js';
import { rejection } from '../../support/rejection.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

describe('measure', () => {
  const settings = readConfig({});
  let packages: RealPackages;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    packages = await realPackages();
  });

  it('takes the time of a package that is registered nowhere', async () => {
    const sessions = new SessionCounter();
    const started = performance.now();
    try {
      const result = await measure(packages.columnsStrings.directory, settings);
      expect(performance.now() - started).to.be.below(30_000);
      expect(result.digest).to.equal(packages.columnsStrings.digest);
      expect(result.load_ms).to.be.above(0);
      const { p50, p90, p99 } = result.latency_ms;
      expect(p50).to.be.above(0);
      expect([p50, p90, p99]).to.deep.equal([p50, p90, p99].sort((a, b) => a - b));
      expect(result.rows_per_second, 'batches are faster than one row after the other').to.be.above(
        1_000 / p50,
      );
      expect(result.iterations).to.be.above(10);
      expect([sessions.created, sessions.released]).to.deep.equal([1, 1]);
    } finally {
      sessions.restore();
    }
  });

  const cases: Record<string, [code: string, folder: () => string]> = {
    'a folder without a manifest': ['CONTRACT_VIOLATION', temporaryDirectory],
    'a package that lacks a file': [
      'CONTRACT_VIOLATION',
      () => {
        const { directory } = editPackage(packages.tensorA, {});
        rmSync(join(directory, 'model.onnx'));
        return directory;
      },
    ],
    'a file that is not the listed one': [
      'DIGEST_MISMATCH',
      () => editPackage(packages.tensorA, { files: { 'model.onnx': 'other' }, relist: false }).directory,
    ],
    'a graph that is none': [
      'GRAPH_LOAD_FAILED',
      () => editPackage(packages.tensorA, { files: { 'model.onnx': 'other' } }).directory,
    ],
    'golden rows that are answered otherwise': [
      'GOLDEN_MISMATCH',
      () =>
        editPackage(packages.tensorA, {
          manifest: (draft) => (draft.golden.outputs['score']![2] = 0.999),
        }).directory,
    ],
  };
  for (const [what, [code, folder]] of Object.entries(cases)) {
    it(`has no figures for ${what}`, async () => {
      const error = await rejection(measure(folder(), settings), LoadError);
      expect([error.code, error.transient]).to.deep.equal([code, false]);
    });
  }
});
