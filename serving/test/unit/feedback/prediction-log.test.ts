import { expect } from 'chai';
import { PredictionLog, type PredictionLogOptions } from '../../../src/feedback/prediction-log.js';
import type { FeedbackRecord, RecordSink } from '../../../src/feedback/record-sink.js';
import { MicroBatcher } from '../../../src/prediction/micro-batcher.js';
import { CapturedLog } from '../../fakes/captured-log.js';
import { fakeOutputs, FakeServable } from '../../fakes/fake-servable.js';
import { eventually } from '../../support/eventually.js';

interface Line {
  readonly request_id: string;
  readonly row: number;
  readonly weight: number;
  readonly features: { readonly x: number };
  readonly outputs: { readonly double: number };
}

/** Keeps records in memory; refuses or stalls when it is told to. */
class FakeSink implements RecordSink {
  readonly lines: Line[] = [];
  failure: Error | undefined;
  gate: Promise<void> = Promise.resolve();
  closed = false;

  async write(records: readonly FeedbackRecord[]): Promise<number> {
    await this.gate;
    if (this.failure !== undefined) throw this.failure;
    this.lines.push(...records.map(({ value }) => JSON.parse(value) as Line));
    return records.length;
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

describe('PredictionLog', () => {
  let servable: FakeServable;
  let sink: FakeSink;
  let counted: Record<string, number>;
  let log: CapturedLog;
  const opened: PredictionLog[] = [];

  function logWith(options: Partial<PredictionLogOptions> = {}): PredictionLog {
    const predictionLog = new PredictionLog(
      sink,
      {
        sampleRate: 1,
        rowsPerSecond: 1_000_000,
        rowsPerRequest: 1_000,
        redacted: [],
        queueBytes: 1_000_000,
        ...options,
      },
      {
        rows: (result, count) => {
          counted[result] = (counted[result] ?? 0) + count;
        },
        written: () => undefined,
      },
      log.logger,
    );
    opened.push(predictionLog);
    return predictionLog;
  }

  function record(predictionLog: PredictionLog, requestId: string, ...values: number[]): void {
    const inputs = [Float64Array.from(values)];
    const columns = fakeOutputs(values);
    const rows = values.length;
    predictionLog.record(servable.asServable, 'champion', requestId, {
      inputs,
      inputRow: 0,
      columns,
      outputRow: 0,
      rows,
    });
    // As the batch does: its memory is the next one's.
    inputs[0]!.fill(-1);
  }

  beforeEach(() => {
    servable = new FakeServable();
    sink = new FakeSink();
    counted = {};
    log = new CapturedLog();
  });

  afterEach(async () => {
    sink.gate = Promise.resolve();
    await Promise.all(opened.splice(0).map((each) => each.close()));
  });

  it('writes what was predicted soon after, as it was at the time', async () => {
    const predictionLog = logWith();
    record(predictionLog, 'a', 1, 2);
    record(predictionLog, 'b', 3);
    expect(predictionLog.queuedBytes).to.be.greaterThan(0);
    await eventually(() => {
      expect(counted).to.deep.equal({ written: 3 });
    });
    expect(
      sink.lines.map((line) => [line.request_id, line.row, line.features.x, line.outputs.double]),
    ).to.deep.equal([
      ['a', 0, 1, 2],
      ['a', 1, 2, 4],
      ['b', 0, 3, 6],
    ]);
    expect(predictionLog.queuedBytes).to.equal(0);
  });

  it('is shown the rows of each request alone by a batch that computes several, and all of a large one', async () => {
    const predictionLog = logWith();
    const batcher = new MicroBatcher(4);
    const ask = (requestId: string, ...values: number[]) =>
      batcher.run(servable.asServable, {
        client: 'a',
        deadline: Infinity,
        rows: values.length,
        fill: (batch) => {
          servable.encoder.encodeInto(
            batch,
            values.map((value) => [value]),
          );
        },
        witness: (computed) => {
          predictionLog.record(servable.asServable, 'champion', requestId, computed);
        },
      });
    await Promise.all([ask('a', 1), ask('b', 2, 3), ask('large', 10, 11, 12, 13, 14, 15), ask('c', 4)]);
    await predictionLog.close();
    const valuesOf = (id: string): number[] =>
      sink.lines.filter((line) => line.request_id === id).map(({ features }) => features.x);
    expect(valuesOf('a')).to.deep.equal([1]);
    expect(valuesOf('b')).to.deep.equal([2, 3]);
    expect(valuesOf('c')).to.deep.equal([4]);
    expect(valuesOf('large')).to.deep.equal([10, 11, 12, 13, 14, 15]);
    expect(sink.lines).to.have.length(10);
    for (const { features, outputs } of sink.lines) expect(outputs.double).to.equal(2 * features.x);
  });

  it('shows each request its own rows when a call for all fails and each is computed alone', async () => {
    const predictionLog = logWith();
    const batcher = new MicroBatcher(8);
    servable.poison = 2;
    const ask = (value: number) =>
      batcher.run(servable.asServable, {
        client: 'a',
        deadline: Infinity,
        rows: 1,
        fill: (batch) => {
          servable.encoder.encodeInto(batch, [[value]]);
        },
        witness: (computed) => {
          predictionLog.record(servable.asServable, 'champion', String(value), computed);
        },
      });
    await Promise.allSettled([ask(1), ask(2), ask(3)]);
    await predictionLog.close();
    expect(
      sink.lines.map(({ request_id, features, outputs }) => [request_id, features.x, outputs.double]),
    ).to.deep.equal([
      ['1', 1, 2],
      ['3', 3, 6],
    ]);
  });

  it('takes some rows of a large request, and counts the others', async () => {
    const predictionLog = logWith({ rowsPerRequest: 3 });
    record(predictionLog, 'a', ...Array.from({ length: 9 }, (_, i) => i));
    await predictionLog.close();
    expect(counted).to.deep.equal({ written: 3, not_sampled: 6 });
    expect(sink.lines.map(({ features, row }) => features.x - row)).to.deep.equal([0, 0, 0]);
    expect(sink.lines.map(({ weight }) => weight)).to.deep.equal([3, 3, 3]);
  });

  it('drops rows rather than hold more than it may, says so once, and goes on when there is room', async () => {
    const predictionLog = logWith({ queueBytes: 5_000 });
    let open!: () => void;
    sink.gate = new Promise((resolve) => {
      open = resolve;
    });
    for (let i = 0; i < 1_000; i += 1) record(predictionLog, `r-${i}`, i);
    expect(counted['queue_full']).to.be.greaterThan(500);
    expect(predictionLog.queuedBytes).to.be.lessThan(6_000);
    expect(log.lines.filter(({ msg }) => msg.includes('missing in the prediction log'))).to.have.length(1);
    open();
    const dropped = counted['queue_full']!;
    await eventually(() => {
      expect(counted['written']).to.equal(1_000 - dropped);
    });
    record(predictionLog, 'later', 7);
    await eventually(() => {
      expect(sink.lines.at(-1)?.request_id).to.equal('later');
    });
  });

  it('counts what could not be written, and goes on by itself', async () => {
    const predictionLog = logWith();
    sink.failure = new Error('no space left on device');
    record(predictionLog, 'lost', 1);
    await eventually(() => {
      expect(counted).to.deep.equal({ write_failed: 1 });
    });
    expect(log.text).to.include('no space left on device');
    sink.failure = undefined;
    record(predictionLog, 'kept', 2);
    await eventually(() => {
      expect(sink.lines.map(({ request_id }) => request_id)).to.deep.equal(['kept']);
    });
  });

  it('lets a request have its answer whatever is wrong with its rows', async () => {
    const predictionLog = logWith();
    const computed = { inputs: [{} as never], inputRow: 0, columns: [{} as never], outputRow: 0, rows: 2 };
    predictionLog.record(servable.asServable, 'champion', 'odd', computed);
    expect(counted).to.deep.equal({ write_failed: 2 });
    record(predictionLog, 'usual', 1);
    await predictionLog.close();
    expect(sink.lines.map(({ request_id }) => request_id)).to.deep.equal(['usual']);
    expect(predictionLog.queuedBytes).to.equal(0);
  });

  it('writes what is left when it is closed, and closes its sink', async () => {
    const predictionLog = logWith();
    record(predictionLog, 'a', 1);
    await predictionLog.close();
    expect(sink.lines).to.have.length(1);
    expect(sink.closed).to.equal(true);
  });
});
