import { expect } from 'chai';
import type { Outcome } from '../../../src/feedback/outcome.js';
import { OutcomesNotStored, OutcomeStore } from '../../../src/feedback/outcome-store.js';
import type { FeedbackRecord, RecordSink } from '../../../src/feedback/record-sink.js';
import { eventually } from '../../support/eventually.js';
import { rejection } from '../../support/rejection.js';

const NOW = new Date('2026-11-21T10:00:00Z');

function outcome(requestId: string, label: 0 | 1 = 1, row = 0): Outcome {
  return { requestId, row, label, observedAt: new Date('2026-11-20T00:00:00Z') };
}

/** Keeps records in memory, when it is let, and shows how they came. */
class HeldSink implements RecordSink {
  readonly writes: string[][] = [];
  failure: Error | undefined;
  gate: Promise<void> = Promise.resolve();
  #writing = false;

  async write(records: readonly FeedbackRecord[]): Promise<number> {
    expect(this.#writing, 'one write at a time').to.equal(false);
    this.#writing = true;
    try {
      await this.gate;
      if (this.failure !== undefined) throw this.failure;
      this.writes.push(records.map(({ key }) => key));
      return records.length;
    } finally {
      this.#writing = false;
    }
  }

  /** @returns what lets them go on */
  hold(): () => void {
    let open!: () => void;
    this.gate = new Promise((resolve) => {
      open = resolve;
    });
    return open;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

describe('OutcomeStore', () => {
  let sink: HeldSink;
  let counted: Record<string, number>;
  let store: OutcomeStore;

  beforeEach(() => {
    sink = new HeldSink();
    counted = {};
    store = storeWith();
  });

  function storeWith(timeoutMs?: number): OutcomeStore {
    return new OutcomeStore(
      sink,
      (result, count) => {
        counted[result] = (counted[result] ?? 0) + count;
      },
      timeoutMs,
    );
  }

  it('writes an outcome under its request id, in the form that its readers expect', async () => {
    const lines: FeedbackRecord[] = [];
    const own = new OutcomeStore(
      {
        write: (records) => {
          lines.push(...records);
          return Promise.resolve(1);
        },
        close: () => Promise.resolve(),
      },
      () => undefined,
    );
    expect(await own.store([outcome('r-1', 0, 3)], NOW)).to.deep.equal({ accepted: 1, duplicates: 0 });
    expect(lines).to.deep.equal([
      {
        key: 'r-1',
        value:
          '{"received_at":"2026-11-21T10:00:00.000Z","request_id":"r-1","row":3,"label":0,"observed_at":"2026-11-20T00:00:00.000Z"}',
      },
    ]);
  });

  it('does not write what it knows, word for word, and does write a correction', async () => {
    expect(await store.store([outcome('a'), outcome('a')])).to.deep.equal({ accepted: 1, duplicates: 1 });
    expect(await store.store([outcome('a'), outcome('b')])).to.deep.equal({ accepted: 1, duplicates: 1 });
    expect(await store.store([outcome('a', 0), outcome('a', 1, 1)])).to.deep.equal({
      accepted: 2,
      duplicates: 0,
    });
    expect(sink.writes).to.deep.equal([['a'], ['b'], ['a', 'a']]);
    expect(counted).to.deep.equal({ accepted: 4, duplicate: 2 });
  });

  it('says that outcomes are kept when they are, and not before', async () => {
    const open = sink.hold();
    let done = false;
    const stored = store.store([outcome('a')]).then(() => {
      done = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(done).to.equal(false);
    open();
    await stored;
    expect(sink.writes).to.deep.equal([['a']]);
  });

  it('writes what comes during one write together in the next', async () => {
    const open = sink.hold();
    const all = ['a', 'b', 'c', 'd'].map((id) => store.store([outcome(id)]));
    await new Promise((resolve) => setImmediate(resolve));
    open();
    await Promise.all(all);
    expect(sink.writes).to.deep.equal([['a'], ['b', 'c', 'd']]);
  });

  it('refuses what could not be kept, does not take it for known, and goes on', async () => {
    sink.failure = new Error('no space left on device');
    const refusal = await rejection(store.store([outcome('a')]), OutcomesNotStored);
    expect(refusal.cause).to.equal(sink.failure);
    sink.failure = undefined;
    expect(await store.store([outcome('a')])).to.deep.equal({ accepted: 1, duplicates: 0 });
    expect(counted).to.deep.equal({ not_stored: 1, accepted: 1, duplicate: 0 });
  });

  it('lets nobody wait for a sink that hangs, and is there again when that is', async () => {
    const open = sink.hold();
    store = storeWith(20);
    for (const id of ['a', 'b']) {
      expect(await rejection(store.store([outcome(id)]), OutcomesNotStored)).to.have.property('cause');
    }
    open();
    await eventually(async () => {
      expect(await store.store([outcome('c')])).to.deep.equal({ accepted: 1, duplicates: 0 });
    });
  });

  it('holds a bounded number of outcomes that wait', async () => {
    const open = sink.hold();
    const many = (name: string) => Array.from({ length: 15_000 }, (_, i) => outcome(`${name}-${i}`));
    const first = store.store(many('a'));
    await rejection(store.store(many('b')), OutcomesNotStored);
    open();
    expect(await first).to.include({ accepted: 15_000 });
    expect(await store.store(many('b'))).to.include({ accepted: 15_000 });
  });

  it('finishes what waits when it is closed, and takes nothing more', async () => {
    const open = sink.hold();
    const stored = store.store([outcome('a')]);
    const closed = store.close();
    open();
    await closed;
    expect(await stored).to.include({ accepted: 1 });
    await rejection(store.store([outcome('b')]), OutcomesNotStored);
  });
});
