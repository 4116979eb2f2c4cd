import { expect } from 'chai';
import { readOutcomes } from '../../../../src/api/outcomes/outcome-body.js';
import { RequestError } from '../../../../src/errors.js';
import type { Outcome } from '../../../../src/feedback/outcome.js';
import { thrown } from '../../../support/rejection.js';

const NOW = new Date('2026-11-21T10:00:00Z');
const LIMITS = { maxPerRequest: 3, maxClockSkewMs: 300_000 };
const OUTCOME = { request_id: 'r-1', label: 1, observed_at: '2026-11-20T00:00:00+03:00' };
const READ: Outcome = {
  requestId: 'r-1',
  row: 0,
  label: 1,
  observedAt: new Date('2026-11-19T21:00:00Z'),
};

function read(body: unknown, type = 'application/json'): readonly Outcome[] {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return readOutcomes({ headers: { 'content-type': type } }, Buffer.from(text), LIMITS, NOW);
}

function refusalOf(body: unknown, type?: string): RequestError {
  return thrown(() => read(body, type), RequestError);
}

describe('outcomes of a request', () => {
  it('are one object, a list, or one a line', () => {
    const second = { ...OUTCOME, row: 2, label: 0 };
    const both = [READ, { ...READ, row: 2, label: 0 }];
    expect(read(OUTCOME)).to.deep.equal([READ]);
    expect(read({ outcomes: [OUTCOME, second] })).to.deep.equal(both);
    const lines = `${JSON.stringify(OUTCOME)}\n\n${JSON.stringify(second)}\r\n`;
    expect(read(lines, 'application/x-ndjson')).to.deep.equal(both);
  });

  for (const [given, label] of [
    [0, 0],
    [1, 1],
    [false, 0],
    [true, 1],
  ] as const) {
    it(`may have the label ${given}`, () => {
      expect(read({ ...OUTCOME, label: given })[0]!.label).to.equal(label);
    });
  }

  it('may be observed on a day, which begins in UTC', () => {
    expect(read({ ...OUTCOME, observed_at: '2026-11-21' })[0]!.observedAt).to.deep.equal(
      new Date('2026-11-21T00:00:00Z'),
    );
  });

  it('may be observed years ago, or a little ahead of this clock, and not further', () => {
    expect(read({ ...OUTCOME, observed_at: '1999-01-01T00:00:00Z' })).to.have.length(1);
    expect(read({ ...OUTCOME, observed_at: '2026-11-21T10:05:00Z' })).to.have.length(1);
    expect(refusalOf({ ...OUTCOME, observed_at: '2026-11-21T10:05:01Z' }).errors).to.deep.equal([
      { path: '/observed_at', expected: 'a moment that has passed', found: 'one in the future' },
    ]);
  });

  for (const [what, change, path] of [
    ['no request id', { request_id: undefined }, '/outcomes/1/request_id'],
    ['a request id of another form', { request_id: 'a b' }, '/outcomes/1/request_id'],
    ['a row before the first', { row: -1 }, '/outcomes/1/row'],
    ['half a row', { row: 0.5 }, '/outcomes/1/row'],
    ['another label', { label: 2 }, '/outcomes/1/label'],
    ['a label as text', { label: '1' }, '/outcomes/1/label'],
    ['no moment', { observed_at: null }, '/outcomes/1/observed_at'],
    ['a moment without a zone', { observed_at: '2026-11-20T00:00:00' }, '/outcomes/1/observed_at'],
    ['a day that there is not', { observed_at: '2026-02-30' }, '/outcomes/1/observed_at'],
    ['a member that is misspelt', { observedAt: 'x' }, '/outcomes/1'],
  ] as const) {
    it(`are refused together when one has ${what}, by its path and without its value`, () => {
      const refusal = refusalOf({ outcomes: [OUTCOME, { ...OUTCOME, ...change }] });
      expect(refusal.code).to.equal('INVALID_REQUEST');
      expect(refusal.errors.map((error) => error.path)).to.deep.equal([path]);
      expect(refusal.message).to.match(/^\/outcomes\/1.*none of the outcomes was taken$/);
      expect(JSON.stringify(refusal.errors)).not.to.match(/a b|2026-11-20|observedAt/);
    });
  }

  it('are refused with the path of everything that is wrong', () => {
    const { errors } = refusalOf({ outcomes: [{}, OUTCOME, 7] });
    expect(errors.map(({ path, found }) => [path, found])).to.deep.equal([
      ['/outcomes/0/request_id', 'nothing'],
      ['/outcomes/0/label', 'nothing'],
      ['/outcomes/0/observed_at', 'nothing'],
      ['/outcomes/2', 'a number'],
    ]);
  });

  it('are named by their line where there is one a line', () => {
    const lines = `${JSON.stringify(OUTCOME)}\n${JSON.stringify({ ...OUTCOME, label: 3 })}`;
    expect(refusalOf(lines, 'application/x-ndjson').errors[0]!.path).to.equal('/1/label');
    expect(refusalOf(`${JSON.stringify(OUTCOME)}\n{"request`, 'application/x-ndjson')).to.include({
      code: 'INVALID_JSON',
      message: '/1: the line is not JSON',
    });
  });

  for (const [what, body, type, code] of [
    [
      'more than are allowed',
      { outcomes: [OUTCOME, OUTCOME, OUTCOME, OUTCOME] },
      'application/json',
      'TOO_MANY_ROWS',
    ],
    ['an empty list', { outcomes: [] }, 'application/json', 'INVALID_REQUEST'],
    ['something beside the list', { outcomes: [OUTCOME], more: 1 }, 'application/json', 'INVALID_REQUEST'],
    ['no line', '\n\n', 'application/x-ndjson', 'INVALID_REQUEST'],
    ['no JSON', '{', 'application/json', 'INVALID_JSON'],
    ['a list of its own', [OUTCOME], 'application/json', 'INVALID_REQUEST'],
    ['another type', OUTCOME, 'text/csv', 'UNSUPPORTED_MEDIA_TYPE'],
  ] as const) {
    it(`are refused with ${code} when the body is ${what}`, () => {
      expect(refusalOf(body, type).code).to.equal(code);
    });
  }
});
