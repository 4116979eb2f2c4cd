import { expect } from 'chai';
import { LoadError } from '../../../src/errors.js';
import { Servable, type ServableOptions } from '../../../src/servables/servable.js';
import { SessionCounter } from '../../fakes/session-counter.js';
import { PACKAGES_TIMEOUT_MS, realPackages, type RealPackages } from '../../support/model-packages.js';
import { editPackage } from '../../support/package-folders.js';
import { rejection } from '../../support/rejection.js';
import { servableId } from '../../support/servable-ids.js';

const OPTIONS: ServableOptions = { intraOpThreads: 1, unknownFeatures: 'refuse', inlineModelBytes: Infinity };

describe('Servable', () => {
  let packages: RealPackages;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    packages = await realPackages();
  });

  async function available(): Promise<Servable> {
    const servable = new Servable(servableId(packages.tensorA, '1'));
    await servable.load(() => Promise.resolve(packages.tensorA), OPTIONS);
    return servable;
  }

  it('is new, loading, available, quiescing and unloaded, in that order and with times', async () => {
    let clock = 0;
    const servable = new Servable(servableId(packages.tensorA, '1'), () => new Date(clock));
    expect([servable.state, servable.since.getTime()]).to.deep.equal(['new', 0]);
    clock = 1;
    const loading = servable.load(() => {
      expect([servable.state, servable.since.getTime()]).to.deep.equal(['loading', 1]);
      clock = 2;
      return Promise.resolve(packages.tensorA);
    }, OPTIONS);
    await loading;
    expect([servable.state, servable.since.getTime()]).to.deep.equal(['available', 2]);
    expect(servable.manifest).to.equal(packages.tensorA.manifest);
    clock = 3;
    const handle = servable.acquire();
    const retired = servable.retire();
    expect([servable.state, servable.since.getTime()]).to.deep.equal(['quiescing', 3]);
    clock = 4;
    handle.release();
    await retired;
    expect([servable.state, servable.since.getTime()]).to.deep.equal(['unloaded', 4]);
  });

  it('computes what its package promises', async () => {
    const servable = await available();
    const { rows, outputs } = packages.tensorA.manifest.golden;
    const columns = await servable.run(servable.encoder.encode(rows));
    expect(columns.map(({ name }) => name)).to.deep.equal(['score', 'label']);
    [...(columns[0]!.data as Float32Array)].forEach((score, row) => {
      expect(score).to.be.closeTo(outputs['score']![row] as number, 1e-5);
    });
    await servable.retire();
  });

  describe('a handle', () => {
    it('is counted while it is held', async () => {
      const servable = await available();
      const [first, second] = [servable.acquire(), servable.acquire()];
      expect(servable.inFlight).to.equal(2);
      expect(first.servable).to.equal(servable);
      first.release();
      expect(servable.inFlight).to.equal(1);
      second.release();
      expect(servable.inFlight).to.equal(0);
      await servable.retire();
    });

    it('must not be released twice', async () => {
      const servable = await available();
      const other = servable.acquire();
      const handle = servable.acquire();
      handle.release();
      expect(() => {
        handle.release();
      }).to.throw('A handle of servable 1 was released twice');
      expect(servable.inFlight, 'the other is still held').to.equal(1);
      other.release();
      await servable.retire();
    });

    it('can be had only of an available servable', async () => {
      const servable = new Servable(servableId(packages.tensorA, '1'));
      expect(() => servable.acquire()).to.throw('Servable 1 is new');
      await servable.load(() => Promise.resolve(packages.tensorA), OPTIONS);
      await servable.retire();
      expect(() => servable.acquire()).to.throw('Servable 1 is unloaded');
    });
  });

  describe('retiring', () => {
    it('takes nothing new, and waits for those that hold it', async () => {
      const servable = await available();
      const handles = [servable.acquire(), servable.acquire()];
      let done = false;
      const retired = servable.retire().then(() => {
        done = true;
      });
      expect(() => servable.acquire()).to.throw('Servable 1 is quiescing');

      const columns = await servable.run(servable.encoder.encode([[1, 1, 1]]));
      expect(columns, 'what is in flight can still be computed').to.have.length(2);
      handles[0]!.release();
      await new Promise((resolve) => setImmediate(resolve));
      expect([done, servable.state]).to.deep.equal([false, 'quiescing']);

      handles[1]!.release();
      await retired;
      expect(servable.state).to.equal('unloaded');
      expect(() => servable.run({ rows: 0, inputs: [] })).to.throw('Servable 1 is unloaded');
    });

    it('happens once', async () => {
      const servable = await available();
      await servable.retire();
      const error = await rejection(servable.retire(), Error);
      expect(error.message).to.include("can't go from unloaded to quiescing");
    });
  });

  describe('that fails to load', () => {
    it('is failed, holds nothing, and says why', async () => {
      const failure = new LoadError('DOWNLOAD_FAILED', 'no route to host');
      const servable = new Servable(servableId(packages.tensorA, '1'));
      const error = await rejection(
        servable.load(() => Promise.reject(failure), OPTIONS),
        LoadError,
      );
      expect(error).to.equal(failure);
      expect(servable.state).to.equal('failed');
      expect(() => servable.run({ rows: 0, inputs: [] })).to.throw('Servable 1 is failed');
      expect(() => servable.encoder).to.throw('Servable 1 is failed');
      expect(servable.manifest).to.equal(undefined);
    });

    it('releases the session that it made before the golden rows differed', async () => {
      const wrong = editPackage(packages.tensorA, {
        manifest: (draft) => {
          draft.golden.outputs['label']![0] = 1 - (draft.golden.outputs['label']![0] as number);
        },
      });
      const servable = new Servable(servableId(wrong, '1'));
      const sessions = new SessionCounter();
      try {
        const error = await rejection(
          servable.load(() => Promise.resolve(wrong), OPTIONS),
          LoadError,
        );
        expect(error.code).to.equal('GOLDEN_MISMATCH');
        expect(servable.state).to.equal('failed');
        expect([sessions.created, sessions.released]).to.deep.equal([1, 1]);
      } finally {
        sessions.restore();
      }
    });

    it('can not be loaded again', async () => {
      const servable = new Servable(servableId(packages.tensorA, '1'));
      await rejection(
        servable.load(() => Promise.reject(new LoadError('DOWNLOAD_FAILED', 'x')), OPTIONS),
        LoadError,
      );
      await rejection(
        servable.load(() => Promise.resolve(packages.tensorA), OPTIONS),
        Error,
      );
      expect(servable.state).to.equal('failed');
    });
  });
});
