import { expect } from 'chai';
import fc from 'fast-check';
import { RequestError } from '../../../src/errors.js';
import {
  MicroBatcher,
  type BatchObserver,
  type BatchOrder,
  type TimedOutputRows,
} from '../../../src/prediction/micro-batcher.js';
import { ownColumns } from '../../../src/prediction/own-columns.js';
import type { OutputColumn } from '../../../src/servables/onnx-session.js';
import type { EncodedRows } from '../../../src/servables/row-encoder.js';
import type { Servable } from '../../../src/servables/servable.js';
import { fakeOutputs, FakeServable } from '../../fakes/fake-servable.js';
import { rejection } from '../../support/rejection.js';

/** What a request got, as plain values by output. */
function dataOf(outputs: TimedOutputRows): unknown[][] {
  return ownColumns(outputs).map(({ data }) => [...data]);
}

function answerTo(...values: number[]): unknown[][] {
  return fakeOutputs(values).map(({ data }) => [...data]);
}

function numbers(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

describe('MicroBatcher', () => {
  let servable: FakeServable;

  beforeEach(() => {
    servable = new FakeServable();
  });

  function askAs(
    order: Partial<BatchOrder>,
    batcher: MicroBatcher,
    values: readonly number[],
    of = servable,
  ): Promise<TimedOutputRows> {
    return batcher.run(of.asServable, {
      client: 'a',
      deadline: Infinity,
      ...order,
      rows: values.length,
      fill: (batch) => {
        of.encoder.encodeInto(
          batch,
          values.map((value) => [value]),
        );
      },
    });
  }

  function ask(batcher: MicroBatcher, ...values: number[]): Promise<TimedOutputRows> {
    return askAs({}, batcher, values);
  }

  /** Holds all calls of the graph until the function is called. */
  function closeGate(): () => void {
    let open!: () => void;
    servable.gate = new Promise((resolve) => {
      open = resolve;
    });
    return open;
  }

  /** Turn by turn of the event loop, so that nothing is missed. */
  async function callsOfTheGraph(count: number): Promise<void> {
    while (servable.calls.length < count) await new Promise((resolve) => setImmediate(resolve));
  }

  it('gives the few places in a call of a slow graph to clients in turn, not to whoever came first', async () => {
    const batcher = new MicroBatcher(8);
    servable.millisecondsPerRow = 4;
    await ask(batcher, 0);
    const open = closeGate();
    const flood = [ask(batcher, 1)];
    await callsOfTheGraph(2);
    flood.push(...[2, 3, 4].map((value) => ask(batcher, value)));
    const other = askAs({ client: 'b' }, batcher, [100]);
    open();
    await Promise.all([...flood, other]);
    // Where calls end depends on how busy the machine is; whose turn it is does not.
    expect(servable.calls.flat()).to.deep.equal([0, 1, 2, 100, 3, 4]);
  });

  it('computes requests of one turn in one call of the graph', async () => {
    const batcher = new MicroBatcher(256);
    const answers = await Promise.all([ask(batcher, 1), ask(batcher, 2, 3), ask(batcher, 4)]);
    expect(servable.runs).to.deep.equal([4]);
    expect(answers.map(dataOf)).to.deep.equal([answerTo(1), answerTo(2, 3), answerTo(4)]);
  });

  it('gives each request its own rows and no more, under the names of the outputs', async () => {
    const batcher = new MicroBatcher(256);
    const [, second] = await Promise.all([ask(batcher, 1), ask(batcher, 2, 3)]);
    expect([second.from, second.to]).to.deep.equal([1, 3]);
    expect(
      ownColumns(second).map(({ name, type, width, isScalar, data }) => [
        name,
        type,
        width,
        isScalar,
        data.length,
      ]),
    ).to.deep.equal([
      ['double', 'float64', 1, true, 2],
      ['pair', 'float64', 2, false, 4],
      ['words', 'string', 2, false, 4],
      ['count', 'int64', 1, true, 2],
    ]);
  });

  it('does not let a request wait for company', async () => {
    const batcher = new MicroBatcher(256);
    expect(dataOf(await ask(batcher, 1))).to.deep.equal(answerTo(1));
    expect(dataOf(await ask(batcher, 2))).to.deep.equal(answerTo(2));
    expect(servable.runs).to.deep.equal([1, 1]);
  });

  it('computes what arrives in the same turn by different ways together', async () => {
    const batcher = new MicroBatcher(256);
    const late = Promise.resolve().then(() => ask(batcher, 2));
    await Promise.all([ask(batcher, 1), late]);
    expect(servable.runs).to.deep.equal([2]);
  });

  it('computes together what arrives while the graph computes', async () => {
    const batcher = new MicroBatcher(256);
    const open = closeGate();
    const first = ask(batcher, 1);
    await callsOfTheGraph(1);
    const later = [ask(batcher, 2), ask(batcher, 3, 4)];
    open();
    expect((await Promise.all([first, ...later])).map(dataOf)).to.deep.equal([
      answerTo(1),
      answerTo(2),
      answerTo(3, 4),
    ]);
    expect(servable.runs).to.deep.equal([1, 3]);
  });

  it('says what the calls took that the rows of a request were in, with those of others', async () => {
    const batcher = new MicroBatcher(4);
    await ask(batcher, 0);
    servable.millisecondsPerRow = 3;
    const [first, second] = await Promise.all([ask(batcher, 1), ask(batcher, 2, 3)]);
    expect(first.graphMs).to.equal(second.graphMs).and.to.be.at.least(9);
    const inPieces = await ask(batcher, ...numbers(1, 5));
    expect(inPieces.graphMs).to.be.at.least(15);
  });

  it('makes no call of more rows than allowed', async () => {
    const batcher = new MicroBatcher(4);
    const requests = [[1, 2], [3, 4, 5], [6], [7, 8], [9]];
    const answers = await Promise.all(requests.map((values) => ask(batcher, ...values)));
    expect(servable.runs).to.deep.equal([2, 4, 3]);
    expect(answers.map(dataOf)).to.deep.equal(requests.map((values) => answerTo(...values)));
  });

  it('makes no call that holds the event loop for long, once it knows what a row costs', async () => {
    const batcher = new MicroBatcher(256);
    servable.millisecondsPerRow = 3;
    await ask(batcher, 0);
    expect(batcher.millisecondsPerRow(servable.asServable)).to.be.at.least(3);
    await Promise.all(numbers(1, 9).map((value) => ask(batcher, value)));
    expect(Math.max(...servable.runs)).to.be.at.most(3);
  });

  it('knows nothing of the cost of a row before the first', () => {
    expect(new MicroBatcher(256).millisecondsPerRow(servable.asServable)).to.equal(0);
  });

  it('is switched off by batches of one row', async () => {
    const batcher = new MicroBatcher(1);
    const answers = await Promise.all([ask(batcher, 1), ask(batcher, 2), ask(batcher, 3)]);
    expect(servable.calls).to.deep.equal([[1], [2], [3]]);
    expect(answers.map(dataOf)).to.deep.equal([answerTo(1), answerTo(2), answerTo(3)]);
  });

  it('never mixes servables', async () => {
    const batcher = new MicroBatcher(256);
    const other = new FakeServable();
    await Promise.all([ask(batcher, 1), askAs({}, batcher, [2], other), ask(batcher, 3)]);
    expect(servable.calls).to.deep.equal([[1, 3]]);
    expect(other.calls).to.deep.equal([[2]]);
  });

  describe('with more than fits', () => {
    it('takes clients in turn, so that a flood from one waits for itself', async () => {
      const batcher = new MicroBatcher(2);
      const flood = numbers(1, 8).map((value) => askAs({ client: 'flooder' }, batcher, [value]));
      const polite = ['b', 'c'].map((client, i) => askAs({ client }, batcher, [100 + i]));
      await Promise.all([...flood, ...polite]);
      expect(servable.calls).to.deep.equal([
        [1, 2],
        [3, 100],
        [101, 4],
        [5, 6],
        [7, 8],
      ]);
    });

    it('puts nobody in front of those who wait, even where he would fit', async () => {
      const batcher = new MicroBatcher(3);
      await Promise.all([ask(batcher, 1, 2), ask(batcher, 3, 4), ask(batcher, 5)]);
      expect(servable.calls).to.deep.equal([
        [1, 2],
        [3, 4, 5],
      ]);
    });
  });

  describe('with a request larger than a batch', () => {
    it('joins the outputs of its pieces, of every type and width', async () => {
      const batcher = new MicroBatcher(3);
      const values = numbers(1, 8);
      const answer = await ask(batcher, ...values);
      expect(servable.runs[0], 'not all at once').to.equal(3);
      expect(servable.calls.flat()).to.deep.equal(values);
      expect(dataOf(answer)).to.deep.equal(answerTo(...values));
    });

    it('does not copy the outputs of one that is computed in one piece', async () => {
      const batcher = new MicroBatcher(4);
      await ask(batcher, 0);
      const seen: (readonly OutputColumn[])[] = [];
      const watched = new MicroBatcher(4, { observe: (_servable, _rows, columns) => seen.push(columns) });
      await askAs({}, watched, [0]);
      const answer = await askAs({}, watched, numbers(1, 6));
      expect(seen.at(-1)).to.equal(answer.columns);
    });

    it('computes small ones between its pieces', async () => {
      const batcher = new MicroBatcher(2);
      servable.millisecondsPerRow = 4;
      const order: string[] = [];
      const large = ask(batcher, ...numbers(10, 30)).then(() => order.push('large'));
      await callsOfTheGraph(1);
      const small = [1, 2, 3].map((value) => ask(batcher, value).then(() => order.push('small')));
      await Promise.all([large, ...small]);
      expect(order).to.deep.equal(['small', 'small', 'small', 'large']);
    });

    it('gives small ones a whole batch between two pieces, also those of one client', async () => {
      const batcher = new MicroBatcher(8);
      servable.millisecondsPerRow = 1;
      // The least of some measurements counts: one may be the machine's doing.
      for (const value of numbers(0, 8)) await ask(batcher, value);
      servable.calls.length = 0;
      const large = askAs({ client: 'large' }, batcher, numbers(100, 40));
      await callsOfTheGraph(2);
      const small = numbers(1, 16).map((value) => ask(batcher, value));
      const pieces = () => servable.calls.filter(([first]) => first! >= 100).length;
      const before = pieces();
      await Promise.all(small);
      expect(pieces() - before, 'pieces that sixteen small requests wait for').to.be.at.most(3);
      await large;
    });

    it('takes large ones of several clients in turn, too', async () => {
      const batcher = new MicroBatcher(2);
      servable.millisecondsPerRow = 5;
      const first = askAs({ client: 'a' }, batcher, numbers(0, 10));
      const second = askAs({ client: 'b' }, batcher, numbers(100, 3));
      expect(await Promise.race([first.then(() => 'first'), second.then(() => 'second')])).to.equal('second');
      expect((await Promise.all([first, second])).map(dataOf)).to.deep.equal([
        answerTo(...numbers(0, 10)),
        answerTo(...numbers(100, 3)),
      ]);
    });

    it('fails it alone when the graph fails on one of its pieces', async () => {
      const batcher = new MicroBatcher(2);
      servable.poison = 13;
      const large = ask(batcher, 10, 11, 12, 13, 14);
      const small = ask(batcher, 1);
      expect((await rejection(large, Error)).message).to.include('13');
      expect(dataOf(await small)).to.deep.equal(answerTo(1));
      expect(dataOf(await ask(batcher, 2))).to.deep.equal(answerTo(2));
    });

    it('is refused at once when its rows are not valid', async () => {
      const error = await rejection(ask(new MicroBatcher(2), 1, NaN, 3), RequestError);
      expect(error.code).to.equal('SIGNATURE_MISMATCH');
      expect(servable.calls).to.deep.equal([]);
    });

    it('takes rows that are encoded already, which are not joined with others', async () => {
      const batcher = new MicroBatcher(256);
      const rows = servable.encoder.encode([[5], [6]]);
      const [encoded, other] = await Promise.all([
        batcher.runEncoded(servable.asServable, rows, { client: 'a', deadline: Infinity }),
        ask(batcher, 1),
      ]);
      expect([encoded, other].map(dataOf)).to.deep.equal([answerTo(5, 6), answerTo(1)]);
      expect(servable.calls).to.deep.include.members([[1], [5, 6]]);
    });
  });

  describe('with deadlines', () => {
    const passed = (): BatchOrder => ({ client: 'late', deadline: performance.now() });

    async function expectLate(answer: Promise<unknown>): Promise<void> {
      expect((await rejection(answer, RequestError)).code).to.equal('DEADLINE_EXCEEDED');
    }

    it('takes the rows of those who wait no longer out of the batch, and answers the others', async () => {
      const batcher = new MicroBatcher(256);
      const answers = [
        ask(batcher, 1),
        askAs(passed(), batcher, [2, 3]),
        ask(batcher, 4),
        askAs(passed(), batcher, [5]),
        ask(batcher, 6, 7),
        askAs(passed(), batcher, [8]),
      ] as const;
      await Promise.all([1, 3, 5].map((i) => expectLate(answers[i]!)));
      expect((await Promise.all([answers[0], answers[2], answers[4]])).map(dataOf)).to.deep.equal([
        answerTo(1),
        answerTo(4),
        answerTo(6, 7),
      ]);
      expect(servable.calls).to.deep.equal([[1, 4, 6, 7]]);
    });

    it('calls no graph for a batch in which nobody waits any more', async () => {
      const batcher = new MicroBatcher(256);
      await expectLate(askAs(passed(), batcher, [1]));
      expect(servable.calls).to.deep.equal([]);
      expect(dataOf(await ask(batcher, 2))).to.deep.equal(answerTo(2));
    });

    it('refuses those whose time was over in the queue, and goes on with the others', async () => {
      const batcher = new MicroBatcher(1);
      const answers = [
        ask(batcher, 1),
        askAs(passed(), batcher, [2]),
        ask(batcher, 3),
        askAs(passed(), batcher, [4]),
      ] as const;
      await Promise.all([expectLate(answers[1]), expectLate(answers[3])]);
      expect((await Promise.all([answers[0], answers[2]])).map(dataOf)).to.deep.equal([
        answerTo(1),
        answerTo(3),
      ]);
      expect(servable.calls).to.deep.equal([[1], [3]]);
    });

    it('stops to compute the pieces of a request that nobody waits for', async () => {
      const batcher = new MicroBatcher(1);
      servable.millisecondsPerRow = 5;
      await ask(batcher, 0);
      const deadline = performance.now() + 20;
      await expectLate(askAs({ deadline }, batcher, numbers(1, 1_000)));
      expect(servable.calls.flat().length).to.be.below(50);
      expect(dataOf(await ask(batcher, 2))).to.deep.equal(answerTo(2));
    });
  });

  describe('when the graph fails', () => {
    it('does not fail one request for the rows of another', async () => {
      const batcher = new MicroBatcher(256);
      servable.poison = 13;
      const good = [ask(batcher, 1), ask(batcher, 2, 3)];
      const bad = ask(batcher, 13);
      const last = ask(batcher, 4);
      const error = await rejection(bad, Error);
      expect(error.message).to.equal("the graph can't compute 13");
      expect((await Promise.all([...good, last])).map(dataOf)).to.deep.equal([
        answerTo(1),
        answerTo(2, 3),
        answerTo(4),
      ]);
      expect(servable.runs, 'together, then each alone').to.deep.equal([5, 1, 2, 1, 1]);
    });

    it('computes a request that was alone only once', async () => {
      servable.poison = 13;
      await rejection(ask(new MicroBatcher(256), 13), Error);
      expect(servable.runs).to.deep.equal([1]);
    });

    it('gives each its own rows where some had been taken out of the batch before', async () => {
      const batcher = new MicroBatcher(256);
      servable.poison = 13;
      const late = askAs({ deadline: performance.now() }, batcher, [7, 8]);
      const answers = [ask(batcher, 1), ask(batcher, 13), ask(batcher, 2)] as const;
      await rejection(late, RequestError);
      await rejection(answers[1], Error);
      expect((await Promise.all([answers[0], answers[2]])).map(dataOf)).to.deep.equal([
        answerTo(1),
        answerTo(2),
      ]);
      expect(servable.calls).to.deep.equal([[1, 13, 2], [1], [13], [2]]);
    });
  });

  it('leaves the others alone when a request has rows that are not valid', async () => {
    const batcher = new MicroBatcher(256);
    const answers = [ask(batcher, 1), ask(batcher, 2, NaN), ask(batcher, 3)] as const;
    expect((await rejection(answers[1], RequestError)).code).to.equal('SIGNATURE_MISMATCH');
    expect((await Promise.all([answers[0], answers[2]])).map(dataOf)).to.deep.equal([
      answerTo(1),
      answerTo(3),
    ]);
    expect(servable.calls).to.deep.equal([[1, 3]]);
  });

  it('leaves those who wait alone when a request has rows that are not valid', async () => {
    const batcher = new MicroBatcher(1);
    const answers = [ask(batcher, 1), ask(batcher, NaN), ask(batcher, 3)] as const;
    expect((await rejection(answers[1], RequestError)).code).to.equal('SIGNATURE_MISMATCH');
    expect(dataOf(await answers[2])).to.deep.equal(answerTo(3));
  });

  it('shows its observer every row that was computed, once, with its outputs, before it is answered', async () => {
    const seen: number[][] = [];
    const observer: BatchObserver = {
      observe(of: Servable, { rows, inputs }: EncodedRows, outputs: readonly OutputColumn[]): void {
        expect(of.id).to.equal(servable.id);
        const x = [...(inputs[0] as Float64Array)];
        expect(rows).to.equal(x.length);
        expect(outputs.map(({ data }) => [...data])).to.deep.equal(answerTo(...x));
        seen.push(x);
      },
    };
    const batcher = new MicroBatcher(3, observer);
    servable.poison = 13;
    const refused = ask(batcher, 13);
    const answers = [ask(batcher, 1), ask(batcher, 2), ask(batcher, 3, 4, 5, 6)];
    await rejection(refused, Error);
    await answers[0];
    expect(seen.flat()).to.include(1);
    await Promise.all(answers);
    expect(seen.flat().sort()).to.deep.equal(numbers(1, 6));
  });

  it('answers every request with its own rows, whatever comes when', async () => {
    const request = fc.record({
      client: fc.constantFrom('a', 'b', 'c'),
      values: fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 9 }),
      /** Turns of the event loop before the next one. */
      pause: fc.integer({ min: 0, max: 3 }),
      kind: fc.constantFrom('good', 'good', 'good', 'late', 'not valid', 'encoded'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(request, { maxLength: 40 }),
        fc.constantFrom(1, 2, 5, 64),
        fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
        async (requests, maxRows, poison) => {
          const own = new FakeServable();
          own.poison = poison;
          const batcher = new MicroBatcher(maxRows);
          const asked: Promise<void>[] = [];
          for (const { client, values, pause, kind } of requests) {
            const deadline = kind === 'late' ? performance.now() : Infinity;
            const rows = kind === 'not valid' ? [...values.slice(1), NaN] : values;
            const answer =
              kind === 'encoded'
                ? batcher.runEncoded(own.asServable, own.encoder.encode(rows.map((value) => [value])), {
                    client,
                    deadline,
                  })
                : askAs({ client, deadline }, batcher, rows, own);
            asked.push(expectAnswer(answer, rows, kind, poison));
            for (let i = 0; i < pause; i += 1) await new Promise((resolve) => setImmediate(resolve));
          }
          await Promise.all(asked);
        },
      ),
      { numRuns: 150 },
    );
  });

  async function expectAnswer(
    answer: Promise<TimedOutputRows>,
    values: readonly number[],
    kind: string,
    poison: number | undefined,
  ): Promise<void> {
    let outcome: unknown;
    try {
      outcome = dataOf(await answer);
    } catch (error) {
      outcome = error instanceof RequestError ? error.code : 'the graph failed';
    }
    const expected =
      kind === 'not valid'
        ? ['SIGNATURE_MISMATCH', 'DEADLINE_EXCEEDED']
        : kind === 'late'
          ? ['DEADLINE_EXCEEDED']
          : values.includes(poison ?? NaN)
            ? ['the graph failed']
            : [answerTo(...values)];
    expect(expected).to.deep.include(outcome);
  }
});
