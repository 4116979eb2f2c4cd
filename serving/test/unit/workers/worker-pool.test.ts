import { expect } from 'chai';
import { Registry } from 'prom-client';
import type { ToWorker, WorkerState } from '../../../src/workers/messages.js';
import type { WorkerProcess } from '../../../src/workers/worker-link.js';
import { StartFailed, WorkerPool, type Exit, type WorkerEvents } from '../../../src/workers/worker-pool.js';
import { CapturedLog } from '../../fakes/captured-log.js';
import { eventually } from '../../support/eventually.js';
import { rejection } from '../../support/rejection.js';

const CRASH: Exit = { code: 1, signal: null };

/** A worker that does what the test says, and keeps what it was told. */
class FakeWorker implements WorkerProcess {
  readonly told: ToWorker[] = [];
  readonly signals: NodeJS.Signals[] = [];
  /** Takes its time to end when it is told to. */
  lingers = false;
  readonly pid: number;

  constructor(
    readonly id: number,
    readonly events: WorkerEvents,
  ) {
    this.pid = 1_000 + id;
  }

  send(message: ToWorker): void {
    this.told.push(message);
    if (message.kind === 'stop' && !this.lingers) this.events.ended({ code: 0, signal: null });
  }

  kill(signal: NodeJS.Signals): void {
    this.signals.push(signal);
    this.events.ended({ code: null, signal });
  }

  wasTold(kind: ToWorker['kind']): boolean {
    return this.told.some((message) => message.kind === kind);
  }

  says({ serving, ready }: { serving: boolean; ready: boolean }): void {
    const report = { serving, ready, models: [] } as unknown as WorkerState['report'];
    this.events.received({ kind: 'state', state: { report, champion: undefined } });
  }
}

describe('the pool of workers', () => {
  let workers: FakeWorker[];
  let gaveUp: Exit[];
  let registry: Registry;
  let pool: WorkerPool;

  beforeEach(() => {
    workers = [];
    gaveUp = [];
    registry = new Registry();
    pool = new WorkerPool(
      {
        count: 2,
        max: 4,
        models: [{ name: 'credit', alias: 'champion' }],
        hangTimeoutMs: 60_000,
        stopTimeoutMs: 50,
      },
      (events) => {
        const worker = new FakeWorker(workers.length + 1, events);
        workers.push(worker);
        return worker;
      },
      (exit) => gaveUp.push(exit),
      new CapturedLog().logger,
      registry,
    );
  });

  afterEach(() => pool.stop());

  /** Starts both, and has them take requests. */
  async function started(): Promise<void> {
    const starting = pool.start();
    workers[0]!.says({ serving: true, ready: true });
    await starting;
    workers[1]!.says({ serving: true, ready: true });
  }

  it('starts the others when the first one takes requests', async () => {
    const starting = pool.start();
    expect(workers).to.have.length(1);
    workers[0]!.says({ serving: false, ready: false });
    expect(workers[0]!.wasTold('take-requests'), 'since nobody else takes any').to.equal(true);
    workers[0]!.says({ serving: true, ready: false });
    await starting;
    expect(workers).to.have.length(2);
    workers[1]!.says({ serving: false, ready: false });
    expect(workers[1]!.wasTold('take-requests'), 'without a model').to.equal(false);
    workers[1]!.says({ serving: false, ready: true });
    expect(workers[1]!.wasTold('take-requests'), 'with one').to.equal(true);
  });

  it('does not start when the first one can not', async () => {
    const starting = rejection(pool.start(), StartFailed);
    workers[0]!.events.ended({ code: 78, signal: null });
    expect((await starting).exit.code).to.equal(78);
    expect(workers).to.have.length(1);
  });

  it('starts no more of them when it is told to stop meanwhile', async () => {
    const starting = pool.start();
    workers[0]!.says({ serving: true, ready: true });
    expect(await pool.stop(), 'nobody had to be killed').to.equal(true);
    await starting;
    expect(workers).to.have.length(1);
  });

  it('is ready when all that take requests are', async () => {
    await started();
    expect(pool.isReady()).to.equal(true);
    workers[1]!.says({ serving: true, ready: false });
    expect(pool.isReady()).to.equal(false);
  });

  it('replaces one that is lost, and stays ready meanwhile', async () => {
    await started();
    workers[1]!.events.ended(CRASH);
    expect(pool.isReady()).to.equal(true);
    await eventually(() => {
      expect(workers).to.have.length(3);
    });
    expect(gaveUp).to.deep.equal([]);
  });

  it('gives up when workers end again and again and none serves', async () => {
    await started();
    for (let lost = 0; gaveUp.length === 0; lost += 1) {
      const worker = await eventually(() => {
        expect(workers.length).to.be.above(lost);
        return workers[lost]!;
      });
      worker.events.ended(CRASH);
    }
    expect(gaveUp).to.deep.equal([CRASH]);
    expect(workers.length).to.be.within(5, 6);
  });

  describe('that is resized', () => {
    const READY = { serving: true, ready: true };

    function living(): number[] {
      return workers.filter((worker) => !worker.wasTold('stop')).map(({ id }) => id);
    }

    it('has more of them, which take requests when every model is available in them', async () => {
      await started();
      pool.resize(3);
      expect(workers).to.have.length(3);
      workers[2]!.says({ serving: false, ready: false });
      expect(workers[2]!.wasTold('take-requests')).to.equal(false);
      expect(pool.isReady(), 'as before').to.equal(true);
      workers[2]!.says({ serving: false, ready: true });
      expect(workers[2]!.wasTold('take-requests')).to.equal(true);
      expect(await registry.metrics()).to.include('serving_workers_wanted 3');
    });

    it('has fewer of them: the newest ends after a while of saying so, and is not replaced', async () => {
      await started();
      workers[1]!.lingers = true;
      pool.resize(1);
      expect(workers[1]!.told.at(-1)).to.deep.include({ kind: 'stop', drainMs: 2_000 });
      workers[1]!.says({ serving: true, ready: false });
      expect(pool.isReady(), 'while it ends').to.equal(true);
      expect(await registry.metrics()).to.include('serving_workers 1');
      workers[1]!.events.ended({ code: 0, signal: null });
      expect(workers).to.have.length(2);
      expect(await registry.metrics()).to.include('serving_worker_restarts_total{reason="ended"} 0');
    });

    it('lets one go that takes no requests yet rather than one that does', async () => {
      await started();
      pool.resize(4);
      workers[2]!.says({ serving: false, ready: false });
      workers[3]!.says(READY);
      pool.resize(3);
      expect(living()).to.deep.equal([1, 2, 4]);
    });

    it('does not replace one that was lost when there are to be fewer', async () => {
      await started();
      workers[1]!.events.ended(CRASH);
      pool.resize(1);
      expect(workers[0]!.wasTold('stop')).to.equal(false);
      pool.resize(2);
      expect(
        workers.map(({ id }) => id),
        'and starts another when there are to be more again',
      ).to.deep.equal([1, 2, 3]);
    });

    it('never has more processes than there may be: those that end are waited for', async () => {
      await started();
      pool.resize(4);
      for (const worker of workers) {
        worker.says(READY);
        worker.lingers = true;
      }
      pool.resize(2);
      pool.resize(4);
      expect(workers).to.have.length(4);
      workers[3]!.events.ended({ code: 0, signal: null });
      expect(workers).to.have.length(5);
      for (const worker of workers) worker.lingers = false;
      workers[2]!.events.ended({ code: 0, signal: null });
      expect(workers).to.have.length(6);
    });

    it('is refused beyond what is allowed', async () => {
      await started();
      for (const count of [0, 5, 1.5, NaN])
        expect(() => {
          pool.resize(count);
        }).to.throw(RangeError);
      expect(workers).to.have.length(2);
    });

    it('starts as many as it was told to meanwhile', async () => {
      const starting = pool.start();
      pool.resize(3);
      expect(workers, 'the first one says what is wrong with all').to.have.length(1);
      workers[0]!.says(READY);
      await starting;
      expect(workers).to.have.length(3);
    });

    it('keeps what a worker counted until its end', async () => {
      await started();
      workers[1]!.events.received({
        kind: 'last-metrics',
        metrics: [
          {
            name: 'rows_total',
            help: 'Rows',
            type: 'counter',
            aggregator: 'sum',
            values: [{ value: 7, labels: {} }],
          },
        ],
      });
      pool.resize(1);
      workers[0]!.lingers = true;
      const metrics = pool.metrics();
      const question = workers[0]!.told.at(-1) as ToWorker & { kind: 'ask' };
      workers[0]!.events.received({
        kind: 'answer',
        number: question.number,
        answer: [
          {
            name: 'process_cpu_seconds_total',
            help: 'CPU',
            type: 'counter',
            aggregator: 'sum',
            values: [{ value: 1.5, labels: {} }],
          },
        ],
      });
      const text = await (await metrics).metrics();
      expect(text).to.include('rows_total 7');
      expect(text).to.include('serving_worker_cpu_seconds_total{worker="1"} 1.5');
      expect(text, 'of one that has ended').not.to.include('worker="2"');
      workers[0]!.lingers = false;
    });
  });

  it('ends those by a signal that have not said anything yet, since they may not hear anything either', async () => {
    await started();
    pool.resize(4);
    workers[2]!.says({ serving: false, ready: false });
    pool.resize(3);
    expect(workers[3]!.signals, 'of four, one that starts').to.deep.equal(['SIGTERM']);
    pool.resize(4);
    expect(await pool.stop(), 'nobody had to be killed').to.equal(true);
    expect(workers.map(({ signals }) => signals)).to.deep.equal([[], [], [], ['SIGTERM'], ['SIGTERM']]);
    expect(workers.map((worker) => worker.wasTold('stop'))).to.deep.equal([true, true, true, false, false]);
  });

  it('kills those that do not end in time', async () => {
    await started();
    workers[1]!.send = () => undefined;
    expect(await pool.stop()).to.equal(false);
  });
});
