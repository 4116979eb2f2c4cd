import { expect } from 'chai';
import { Registry } from 'prom-client';
import { StreamMetrics } from '../../../src/metrics/stream.js';
import { ApplicationScorer } from '../../../src/stream/application-scorer.js';
import type { Result, Source } from '../../../src/stream/results.js';
import type { TierAnswer } from '../../../src/stream/tier-client.js';
import { CapturedLog } from '../../fakes/captured-log.js';
import { eventually } from '../../support/eventually.js';

const SETTINGS = {
  topics: { input: 'in', output: 'out', deadLetter: 'dead' },
  ...{ maxMessageBytes: 1_000, poisonAttempts: 2, maxInFlight: 4 },
};
const SCORE: TierAnswer = { kind: 'scored', model: 'm', version: '1', outputs: {} };

function answered(status: number, code: string, retryAfterSeconds?: number): TierAnswer {
  return { kind: 'answered', status, code, retryAfterSeconds };
}

function sourceOf(key: string, value = '{}'): Source {
  const place = { partition: 0, offset: '7', timestampMs: Date.now(), headers: undefined };
  return { ...place, key: Buffer.from(key), value: Buffer.from(value) };
}

describe('the scorer of applications', () => {
  let answers: (id: string) => TierAnswer;
  let askedMs: number[];
  /** Results whose writing nobody has acknowledged or refused yet. */
  let writing: { readonly result: Result; readonly end: (isWritten: boolean) => void }[];
  let scorer: ApplicationScorer;
  let end: AbortController;
  let wanted: AbortSignal;

  beforeEach(() => {
    end = new AbortController();
    wanted = end.signal;
    answers = () => SCORE;
    askedMs = [];
    writing = [];
    scorer = new ApplicationScorer(SETTINGS, {
      tier: {
        score: ({ id }) => {
          askedMs.push(performance.now());
          return Promise.resolve(answers(id));
        },
      },
      results: { write: (result) => new Promise((end) => writing.push({ result, end })) },
      metrics: new StreamMetrics(new Registry(), { inFlight: () => 0, isPaused: () => false }),
      log: new CapturedLog().logger,
    });
  });

  // Or what is tried for ever outlives a test that failed.
  afterEach(() => {
    end.abort();
  });

  async function writingTo(topic: string): Promise<(isWritten: boolean) => void> {
    return eventually(() => {
      expect(writing.map(({ result }) => result.topic)).to.deep.equal([topic]);
      return writing[0]!.end;
    });
  }

  for (const [what, value, topic] of [
    ['a score', '{}', 'out'],
    ['a dead letter', 'x', 'dead'],
  ] as const) {
    it(`has not settled a message before ${what} is written, nor when it never is`, async () => {
      for (const isWritten of [true, false]) {
        writing = [];
        let isSettled: boolean | undefined;
        const settled = scorer.settle(sourceOf('A', value), wanted).then((is) => (isSettled = is));
        const acknowledge = await writingTo(topic);
        await new Promise(setImmediate);
        expect(isSettled).to.equal(undefined);
        acknowledge(isWritten);
        expect(await settled).to.equal(isWritten);
      }
    });
  }

  it('does not ask again before the time that the tier names', async () => {
    const tries = [answered(503, 'OVERLOADED', 0.3), SCORE];
    answers = () => tries.shift()!;
    const settled = scorer.settle(sourceOf('A'), wanted);
    (await writingTo('out'))(true);
    expect(await settled).to.equal(true);
    expect(askedMs[1]! - askedMs[0]!).to.be.at.least(300);
  });

  it('gives up what the tier fails on while it answers others, and only that', async () => {
    answers = (id) => (id === 'bad' ? answered(500, 'INTERNAL') : SCORE);
    void scorer.settle(sourceOf('bad'), wanted);
    await eventually(() => {
      expect(askedMs).to.have.length.above(3);
    });
    expect(writing).to.have.length(0);
    const other = scorer.settle(sourceOf('good'), wanted);
    (await writingTo('out'))(true);
    await other;
    await eventually(() => {
      expect(writing.at(-1)!.result.headers).to.include({ reason: 'poison' });
    });
  });

  it('does not ask again for a message that nobody wants any more', async () => {
    answers = () => answered(503, 'OVERLOADED');
    const unwanted = new AbortController();
    const settled = scorer.settle(sourceOf('A'), unwanted.signal);
    await eventually(() => {
      expect(askedMs).to.have.length(1);
    });
    unwanted.abort();
    expect(await settled).to.equal(false);
    expect(askedMs).to.have.length(1);
    expect(writing).to.have.length(0);
  });
});
