import { expect } from 'chai';
import type { Move } from '../../../src/promotion/move.js';
import { standingOf, type Standing } from '../../../src/promotion/rest.js';

describe('standingOf', () => {
  const AT = '2026-01-01T00:00:00.000Z';

  function last(doneAt: string | undefined): Move[] {
    const line = { number: 1, action: 'promote', from: '6', to: '7', at: AT, by: 'ci', reason: '' };
    const rest = { approvedBy: undefined, forced: false, digest: undefined, blessingDigest: undefined };
    return [{ ...line, ...rest, doneAt, served: undefined }];
  }

  const table: readonly (readonly [string, Move[], string, Standing])[] = [
    ['neither alias nor history', [], 'none', 'at-rest'],
    ['a champion before there was a history', [], '5', 'moved-outside'],
    ['a move that is done', last(AT), '7', 'at-rest'],
    ['the alias back where a move that is done began', last(AT), '6', 'moved-outside'],
    ['another champion after a move that is done', last(AT), '9', 'moved-outside'],
    ['no champion after a move that is done', last(AT), 'none', 'moved-outside'],
    ['a line whose alias was not moved', last(undefined), '6', 'unfinished'],
    ['a line whose alias was moved and not marked', last(undefined), '7', 'unfinished'],
    ['another champion after a line that is not done', last(undefined), '9', 'moved-outside'],
  ];
  for (const [what, moves, champion, standing] of table) {
    it(`calls ${what} ${standing}`, () => {
      expect(standingOf(moves, champion)).to.equal(standing);
    });
  }
});
