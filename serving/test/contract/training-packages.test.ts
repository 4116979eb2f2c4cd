import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { LoadError, type LoadErrorCode } from '../../src/errors.js';
import { parseManifest } from '../../src/model-package/contract.js';
import type { ModelPackage } from '../../src/model-package/manifest.js';
import { ArtifactStore } from '../../src/registry/artifact-store.js';
import { Servable } from '../../src/servables/servable.js';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { PACKAGES_TIMEOUT_MS, realPackages, type RealPackages } from '../support/model-packages.js';
import { editPackage, type PackageEdit } from '../support/package-folders.js';
import { rejection } from '../support/rejection.js';
import { servableId } from '../support/servable-ids.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const NAMES = ['tensorA', 'tensorB', 'columnsStrings'] as const;

describe('packages of the training side', () => {
  let packages: RealPackages;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    packages = await realPackages();
  });

  /** Takes a package the whole way that it takes in a replica: registry, cache, digests, contract, session. */
  async function load(modelPackage: ModelPackage, modelName?: string): Promise<Servable> {
    const registry = new FakeRegistry();
    const name = modelName ?? modelPackage.manifest.model_name;
    registry.register({ ...modelPackage, manifest: { ...modelPackage.manifest, model_name: name } });
    const store = new ArtifactStore(registry, {
      directory: temporaryDirectory(),
      keep: 1,
      maxPackageBytes: 1e9,
    });
    await store.open();
    const id = { ...servableId(modelPackage, '1'), modelName: name };
    const servable = new Servable(id);
    await servable.load(() => store.fetch(id), {
      intraOpThreads: 1,
      unknownFeatures: 'refuse',
      inlineModelBytes: Infinity,
    });
    return servable;
  }

  for (const name of NAMES) {
    it(`load and answer their golden rows: ${name}`, async () => {
      const servable = await load(packages[name]);
      const { rows, outputs } = packages[name].manifest.golden;
      const columns = await servable.run(servable.encoder.encode(rows));
      expect(columns.map((column) => column.name)).to.have.members(Object.keys(outputs));
      expect(servable.state).to.equal('available');
      await servable.retire();
    });

    it(`name each of their files, and no other: ${name}`, () => {
      const { directory, manifest } = packages[name];
      const text = readFileSync(join(directory, 'manifest.json'), 'utf8');
      expect(parseManifest(text)).to.deep.equal(manifest);
      expect(editPackage(packages[name], {}).manifest.files).to.deep.equal(manifest.files);
    });
  }

  describe('are refused', () => {
    async function refusal(
      of: (typeof NAMES)[number],
      edit: PackageEdit,
      modelName?: string,
    ): Promise<LoadError> {
      return rejection(load(editPackage(packages[of], edit), modelName), LoadError);
    }

    const mlmodel = (of: ModelPackage): string => readFileSync(join(of.directory, 'MLmodel'), 'utf8');

    interface Case {
      readonly of: (typeof NAMES)[number];
      readonly edit: () => PackageEdit;
      readonly code: LoadErrorCode;
      readonly words: string;
    }
    const cases: Record<string, Case> = {
      'when MLflow names an input otherwise': {
        of: 'tensorA',
        edit: () => ({ files: { MLmodel: mlmodel(packages.tensorA).replace('"income"', '"salary"') } }),
        code: 'CONTRACT_VIOLATION',
        words: 'signature: input 0 has name salary in MLmodel and income in the manifest',
      },
      'when MLflow has another type': {
        of: 'columnsStrings',
        edit: () => ({
          files: { MLmodel: mlmodel(packages.columnsStrings).replace('"double"', '"float"') },
        }),
        code: 'CONTRACT_VIOLATION',
        words: 'signature: input 1 has type float',
      },
      'when MLflow lets a required input be missing': {
        of: 'tensorA',
        edit: () => ({ manifest: (draft) => (draft.features[0]!.nullable = false) }),
        code: 'CONTRACT_VIOLATION',
        words: 'golden-row',
      },
      'when MLmodel is of another model': {
        of: 'tensorA',
        edit: () => ({ files: { MLmodel: mlmodel(packages.columnsStrings) } }),
        code: 'CONTRACT_VIOLATION',
        words: 'signature: MLmodel has 4 inputs, the manifest 3 features',
      },
      'when the graph has no such input': {
        of: 'tensorA',
        edit: () => ({
          manifest: (draft) => (draft.input = { layout: 'tensor', name: 'inputs', type: 'float32' }),
        }),
        code: 'CONTRACT_VIOLATION',
        words: 'graph: the graph has no input inputs',
      },
      'when the input is of another type': {
        of: 'tensorA',
        edit: () => ({
          manifest: (draft) => (draft.input = { layout: 'tensor', name: 'features', type: 'float64' }),
        }),
        code: 'CONTRACT_VIOLATION',
        words: 'graph: input features is float32 in the graph, float64 in the manifest',
      },
      'when the graph has no such output': {
        of: 'columnsStrings',
        edit: () => ({
          manifest: (draft) => {
            draft.outputs.push({ name: 'confidence', type: 'float32', shape: [] });
            draft.golden.outputs['confidence'] = draft.golden.rows.map(() => 1);
          },
        }),
        code: 'CONTRACT_VIOLATION',
        words: 'graph: the graph has no output confidence',
      },
      'when the graph has an output more': {
        of: 'columnsStrings',
        edit: () => ({
          manifest: (draft) => {
            draft.outputs = draft.outputs.filter(({ name }) => name !== 'segment');
            delete draft.golden.outputs['segment'];
          },
        }),
        code: 'CONTRACT_VIOLATION',
        words: "graph: the graph's output segment is not in the manifest",
      },
      'when an output is of another type': {
        of: 'tensorA',
        edit: () => ({ manifest: (draft) => (draft.outputs[1]!.type = 'int32') }),
        code: 'CONTRACT_VIOLATION',
        words: 'graph: output label is int64 in the graph, int32 in the manifest',
      },
      'when an output is of another shape': {
        of: 'columnsStrings',
        edit: () => ({
          manifest: (draft) => {
            draft.outputs.find(({ name }) => name === 'probabilities')!.shape = [2];
            draft.golden.outputs['probabilities'] = draft.golden.rows.map(() => [0.5, 0.5]);
          },
        }),
        code: 'GOLDEN_MISMATCH',
        words: 'output probabilities has 3 values for 1 rows of 2',
      },
      'when the graph answers otherwise': {
        of: 'columnsStrings',
        edit: () => ({ manifest: (draft) => (draft.golden.outputs['segment']![0] = 'watch') }),
        code: 'GOLDEN_MISMATCH',
        words: 'golden row 0: segment is prime, expected watch',
      },
      'when the graph is truncated': {
        of: 'tensorA',
        edit: () => ({
          files: {
            'model.onnx': readFileSync(join(packages.tensorA.directory, 'model.onnx')).subarray(0, 200),
          },
        }),
        code: 'GRAPH_LOAD_FAILED',
        words: "onnxruntime can't load model.onnx",
      },
      'when a file is not the one that the manifest names': {
        of: 'tensorA',
        edit: () => ({ relist: false, files: { 'requirements.txt': 'malware==1.0' } }),
        code: 'DIGEST_MISMATCH',
        words: 'requirements.txt',
      },
      'when a column of the graph is missing': {
        of: 'columnsStrings',
        edit: () => ({
          files: {
            'model.onnx': readFileSync(join(packages.tensorA.directory, 'model.onnx')),
          },
        }),
        code: 'CONTRACT_VIOLATION',
        words: 'graph: the graph has no input purpose',
      },
    };
    for (const [what, { of, edit, code, words }] of Object.entries(cases)) {
      it(`${what} (${code})`, async () => {
        const error = await refusal(of, edit());
        expect(error.code, error.message).to.equal(code);
        expect(error.message).to.include(words);
      });
    }

    it('when they are registered under another name (model-name)', async () => {
      const error = await refusal('tensorA', {}, 'another-model');
      expect(error.code).to.equal('CONTRACT_VIOLATION');
      expect(error.message).to.include(
        'model-name: the manifest is of model small-tensor, not another-model',
      );
    });
  });
});
