import { expect } from 'chai';
import { adviseCheapest, adviseForms, adviseThroughput, type Answer } from '../../../bench/configs/advice.js';
import { middleOf, type Sample } from '../../../bench/configs/measurement.js';

function answer(choice: string, perSecond: readonly number[], cpuUs = 100): Answer {
  const rounds = perSecond.map((requestsPerSecond): Sample => ({
    requestsPerSecond,
    cpuUsPerRequest: cpuUs,
    p99Ms: 1,
    rssBytes: 1,
  }));
  return { choice, load: '1 row', rounds, sample: middleOf(rounds) };
}

describe('advice on settings', () => {
  it('names the choice that answers clearly more', () => {
    const [advice] = adviseThroughput([
      answer('one', [100, 100, 100, 100, 100]),
      answer('two', [180, 190, 200, 190, 180]),
    ]);
    expect(advice).to.match(/^1 row: choose two: 1\.90 times the requests a second of one/);
  });

  it('stays with the default where the difference is small or the rounds disagree', () => {
    const standard = answer('one', [100, 100, 100, 100, 100]);
    for (const other of [
      [105, 105, 105, 105, 105],
      [500, 500, 500, 90, 90],
    ]) {
      expect(adviseThroughput([standard, answer('two', other)])).to.deep.equal([
        '1 row: stay with one; no other answers clearly more requests.',
      ]);
    }
  });

  it('holds rounds against each other, so that a busy minute misleads nobody', () => {
    const [advice] = adviseThroughput([
      answer('one', [100, 10, 10, 10, 100]),
      answer('two', [104, 10.4, 10.4, 10.4, 104]),
    ]);
    expect(advice).to.include('stay with one');
  });

  it('says what a smaller form saves and what it costs in accuracy', () => {
    const accuracy = (parent: string | undefined, auc: number, largestScoreDifference?: number) => ({
      bytes: 1,
      auc,
      parent,
      largestScoreDifference,
    });
    const described = new Map([
      ['full', accuracy(undefined, 0.8)],
      ['small', accuracy('full', 0.79, 0.25)],
      ['useless', accuracy('full', 0.78, 0.5)],
    ]);
    const advice = adviseForms(
      [answer('full', [1, 1], 100), answer('small', [1, 1], 50), answer('useless', [1, 1], 99)],
      described,
    );
    expect(advice).to.deep.equal([
      'small instead of full: 2.00 times less CPU at 1 row; scores move by up to 0.250, AUC 0.7900 instead of 0.8000.',
      'useless is not worth it here: no clear saving over full; scores move by up to 0.500, AUC 0.7800 instead of 0.8000.',
    ]);
  });

  it('lists together what costs the same', () => {
    expect(
      adviseCheapest([answer('a', [1, 1], 300), answer('b', [1, 1], 100), answer('c', [1, 1], 104)]),
    ).to.deep.equal(['1 row: the least CPU with b or c; a 3.00 times that.']);
  });
});
