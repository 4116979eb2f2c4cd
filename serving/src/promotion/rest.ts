import { NO_CHAMPION, type Move } from './move.js';

/**
 * How alias and history stand to each other.
 *
 * `at-rest`: the alias is where the last line says, or there are neither.
 * `unfinished`: a line was written, and whoever wrote it has not moved the alias, or not said so.
 * `moved-outside`: somebody has moved the alias without the command.
 */
export type Standing = 'at-rest' | 'unfinished' | 'moved-outside';

/**
 * @param moves read before the alias: a move that came in between then shows as a slot that is taken
 * @param champion where the alias points, or `none`
 */
export function standingOf(moves: readonly Move[], champion: string): Standing {
  const last = moves.at(-1);
  if (last === undefined) return champion === NO_CHAMPION ? 'at-rest' : 'moved-outside';
  if (last.doneAt !== undefined) return champion === last.to ? 'at-rest' : 'moved-outside';
  return champion === last.from || champion === last.to ? 'unfinished' : 'moved-outside';
}
