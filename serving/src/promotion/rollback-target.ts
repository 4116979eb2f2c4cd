import { NO_CHAMPION, type Move } from './move.js';

/** A version that a rollback looked at. */
export interface Considered {
  readonly version: string;
  /** Why it is not the one to go back to; undefined: it is. */
  readonly objection: string | undefined;
}

/**
 * The versions that were champion before the present one, the latest first, each with what the history has against it.
 * A version served well if every replica was seen serving it, and nobody rolled back from it since.
 */
export function rollbackCandidates(moves: readonly Move[], champion: string): readonly Considered[] {
  const latestFirst = [...moves].reverse();
  const versions = new Set(
    latestFirst.flatMap(({ to, from }) => [to, from]).filter((v) => v !== champion && v !== NO_CHAMPION),
  );
  return [...versions].map((version) => {
    const left = latestFirst.find(({ from }) => from === version);
    const confirmed = moves.some(({ to, served }) => to === version && served !== undefined);
    if (left?.action === 'rollback') {
      return { version, objection: `${left.by} rolled back from it at ${left.at}: ${left.reason}` };
    }
    return {
      version,
      objection: confirmed ? undefined : 'it was never confirmed that every replica served it',
    };
  });
}
