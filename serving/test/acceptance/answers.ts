import { expect } from 'chai';
import type { HttpAnswer } from '../support/http-request.js';
import { problemIn } from '../support/problem-in.js';

/** A refusal of the tier itself: its status, its code, and all that problem details promise. */
export function expectProblem(answer: HttpAnswer, status: number, code: string): void {
  expect(answer.status, answer.text.slice(0, 300)).to.equal(status);
  expect(problemIn(answer).code).to.equal(code);
}

/** A prediction of the tier: which version it is from stands in its headers. */
export function expectPredicted(answer: HttpAnswer): readonly Readonly<Record<string, unknown>>[] {
  expect(answer.status, answer.text.slice(0, 300)).to.equal(200);
  expect(answer.headers['content-type']).to.match(/^application\/json/);
  expect(answer.headers['x-model-version'], 'x-model-version').to.match(/^\S+$/).and.not.equal('none');
  expect(answer.headers['x-model-digest'], 'x-model-digest').to.match(/^sha256:[0-9a-f]{64}$/);
  expect(answer.headers['x-request-id'], 'x-request-id').to.match(/^\S+$/);
  return (answer.json as { readonly predictions: readonly Readonly<Record<string, unknown>>[] }).predictions;
}
