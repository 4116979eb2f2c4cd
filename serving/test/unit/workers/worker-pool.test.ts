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
  readonly pid: number;

  constructor(
    readonly id: number,
    readonly events: WorkerEvents,
  ) {
    this.pid = 1_000 + id;
  }

  send(message: ToWorker): void {
    this.told.push(message);
    if (message.kind === 'stop') this.events.ended({ code: 0, signal: null });
  }

  kill(signal: NodeJS.Signals): void {
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
  let pool: WorkerPool;

  beforeEach(() => {
    workers = [];
    gaveUp = [];
    pool = new WorkerPool(
      {
        count: 2,
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
      new Registry(),
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

  it('kills those that do not end in time', async () => {
    await started();
    workers[1]!.send = () => undefined;
    expect(await pool.stop()).to.equal(false);
  });
});
