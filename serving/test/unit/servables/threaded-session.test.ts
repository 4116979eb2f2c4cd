import { expect } from 'chai';
import { LoadError } from '../../../src/errors.js';
import { OnnxSession } from '../../../src/servables/onnx-session.js';
import { RowEncoder, type EncodedRows } from '../../../src/servables/row-encoder.js';
import { ThreadedSession } from '../../../src/servables/threaded-session.js';
import { PACKAGES_TIMEOUT_MS, realPackages, type RealPackages } from '../../support/model-packages.js';
import { editPackage } from '../../support/package-folders.js';
import { rejection } from '../../support/rejection.js';

const OPTIONS = { intraOpThreads: 1 };

describe('ThreadedSession', () => {
  let packages: RealPackages;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    packages = await realPackages();
  });

  for (const name of ['tensorA', 'columnsStrings'] as const) {
    it(`computes what the same graph computes on the event loop (${name})`, async () => {
      const modelPackage = packages[name];
      const encoder = new RowEncoder(modelPackage.manifest);
      const rows = encoder.encode(modelPackage.manifest.golden.rows);
      const inline = await OnnxSession.load(modelPackage, encoder.inputs, OPTIONS);
      const threaded = await ThreadedSession.load(modelPackage, encoder.inputs, OPTIONS);
      try {
        expect(await threaded.run(rows)).to.deep.equal(await inline.run(rows));
      } finally {
        await Promise.all([inline.release(), threaded.release()]);
      }
    });
  }

  it('leaves the rows that it was given to their owner', async () => {
    const encoder = new RowEncoder(packages.tensorA.manifest);
    const rows = encoder.encode(packages.tensorA.manifest.golden.rows);
    const before = rows.inputs.map((data) => data.slice());
    const session = await ThreadedSession.load(packages.tensorA, encoder.inputs, OPTIONS);
    await session.run(rows);
    await session.release();
    expect(rows.inputs).to.deep.equal(before);
  });

  it('fails to load with the code that the event loop would give', async () => {
    const broken = editPackage(packages.tensorA, {
      files: { 'model.onnx': 'not a graph' },
    });
    const encoder = new RowEncoder(broken.manifest);
    const error = await rejection(ThreadedSession.load(broken, encoder.inputs, OPTIONS), LoadError);
    expect(error.code).to.equal('GRAPH_LOAD_FAILED');
    expect(error.message).to.match(/^onnxruntime can't load model.onnx/);
  });

  it('passes on what the graph says of rows that it can not compute, and goes on', async () => {
    const { manifest } = packages.tensorA;
    const encoder = new RowEncoder(manifest);
    const session = await ThreadedSession.load(packages.tensorA, encoder.inputs, OPTIONS);
    const misshapen: EncodedRows = { rows: 1, inputs: [new Float32Array(1)] };
    await rejection(session.run(misshapen), Error);
    const [column] = await session.run(encoder.encode(manifest.golden.rows.slice(0, 1)));
    expect(column!.data).to.have.length(1);
    await session.release();
  });
});
