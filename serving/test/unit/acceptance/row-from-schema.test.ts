import { expect } from 'chai';
import { rowFromSchema } from '../../acceptance/row-from-schema.js';

describe('a row from a published schema', () => {
  for (const [what, schema, value] of [
    ['the first category', { type: 'string', enum: ['car', 'home'] }, 'car'],
    ['a category though null is one', { type: ['integer', 'null'], enum: [2, null] }, 2],
    ['text', { type: 'string' }, 'a'],
    ['a truth', { type: 'boolean' }, true],
    ['one, where it may be', { type: 'number', minimum: 0, maximum: 5 }, 1],
    ['one, without bounds', { type: 'integer' }, 1],
    ['the lower bound above one', { type: 'integer', minimum: 18, maximum: 120 }, 18],
    ['the upper bound below one', { type: 'number', maximum: -0.5 }, -0.5],
    ['a number though it may be null', { type: ['null', 'number'] }, 1],
  ] as const) {
    it(`has ${what}`, () => {
      expect(rowFromSchema({ properties: { feature: schema } })).to.deep.equal({ feature: value });
    });
  }

  it('is none where no features are published, or one is of an unknown type', () => {
    expect(() => rowFromSchema({ type: 'object' })).to.throw('is there a model?');
    expect(() => rowFromSchema({ properties: { a: { type: 'array' } } })).to.throw('the type "array"');
  });
});
