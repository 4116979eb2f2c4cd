import { expect } from 'chai';
import { MicroBatcher } from '../../../src/prediction/micro-batcher.js';
import type { OutputColumn } from '../../../src/servables/onnx-session.js';
import { FakeServable } from '../../fakes/fake-servable.js';
import { rejection } from '../../support/rejection.js';

describe('MicroBatcher', () => {
  let servable: FakeServable;

  beforeEach(() => {
    servable = new FakeServable();
  });

  function ask(batcher: MicroBatcher, ...values: number[]): Promise<readonly OutputColumn[]> {
    return batcher.run(servable.asServable, servable.encoder.encode(values.map((value) => [value])));
  }

  function answerTo(...values: number[]): number[][] {
    return [values.map((value) => 2 * value), values.flatMap((value) => [value, 2 * value])];
  }

  function dataOf(columns: readonly OutputColumn[]): unknown[] {
    return columns.map(({ data }) => [...data]);
  }

  it('computes requests of one turn in one call of the graph', async () => {
    const batcher = new MicroBatcher(256);
    const answers = await Promise.all([ask(batcher, 1), ask(batcher, 2, 3), ask(batcher, 4)]);
    expect(servable.runs).to.deep.equal([4]);
    expect(answers.map(dataOf)).to.deep.equal([answerTo(1), answerTo(2, 3), answerTo(4)]);
  });

  it('gives each request its own rows and no more, under the names of the outputs', async () => {
    const batcher = new MicroBatcher(256);
    const [, second] = await Promise.all([ask(batcher, 1), ask(batcher, 2, 3)]);
    expect(
      second.map(({ name, type, width, isScalar, data }) => [name, type, width, isScalar, data.length]),
    ).to.deep.equal([
      ['double', 'float64', 1, true, 2],
      ['pair', 'float64', 2, false, 4],
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

  it('makes no call of more rows than allowed', async () => {
    const batcher = new MicroBatcher(4);
    const requests = [[1, 2], [3, 4, 5], [6], [7, 8], [9]];
    const answers = await Promise.all(requests.map((values) => ask(batcher, ...values)));
    expect(servable.runs).to.deep.equal([2, 4, 3]);
    expect(answers.map(dataOf)).to.deep.equal(requests.map((values) => answerTo(...values)));
  });

  it('computes a request that is as large as a batch alone and at once', async () => {
    const batcher = new MicroBatcher(3);
    const answers = await Promise.all([ask(batcher, 1), ask(batcher, 2, 3, 4, 5), ask(batcher, 6)]);
    expect(servable.runs).to.deep.equal([4, 2]);
    expect(answers.map(dataOf)).to.deep.equal([answerTo(1), answerTo(2, 3, 4, 5), answerTo(6)]);
  });

  it('is switched off by batches of one row', async () => {
    const batcher = new MicroBatcher(1);
    await Promise.all([ask(batcher, 1), ask(batcher, 2)]);
    expect(servable.runs).to.deep.equal([1, 1]);
  });

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

  it('never mixes servables', async () => {
    const batcher = new MicroBatcher(256);
    const other = new FakeServable();
    await Promise.all([
      ask(batcher, 1),
      batcher.run(other.asServable, other.encoder.encode([[2]])),
      ask(batcher, 3),
    ]);
    expect(servable.runs).to.deep.equal([2]);
    expect(other.runs).to.deep.equal([1]);
  });
});
