import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { assertTransition, type ServableState } from '../../../src/servables/states.js';

const STATES: readonly ServableState[] = ['new', 'loading', 'available', 'quiescing', 'unloaded', 'failed'];

describe('the states of a servable', () => {
  const legal = new Set([
    'new loading',
    'new failed',
    'loading available',
    'loading failed',
    'available quiescing',
    'available failed',
    'quiescing unloaded',
    'quiescing failed',
  ]);
  for (const from of STATES) {
    for (const to of STATES) {
      if (legal.has(`${from} ${to}`)) {
        it(`may go from ${from} to ${to}`, () => {
          expect(() => {
            assertTransition(from, to);
          }).not.to.throw();
        });
      } else {
        it(`must not go from ${from} to ${to}`, () => {
          expect(() => {
            assertTransition(from, to);
          }).to.throw(`A servable can't go from ${from} to ${to}`);
        });
      }
    }
  }

  it('are all in the drawing above them', () => {
    const source = readFileSync(new URL('../../../src/servables/states.ts', import.meta.url), 'utf8');
    const drawing = source.slice(source.indexOf('/**'), source.indexOf('*/'));
    for (const state of STATES) expect(drawing).to.match(new RegExp(`\\b${state}\\b`));
    expect(drawing).to.match(/new -+> loading -+> available -+> quiescing -+> unloaded/);
  });
});
