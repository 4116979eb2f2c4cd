import { expect } from 'chai';
import type { Problem } from '../../src/api/problem.js';
import type { HttpAnswer } from './http-request.js';

/** Holds an answer against everything that problem details promise. */
export function problemIn(answer: HttpAnswer): Problem {
  expect(answer.headers['content-type']).to.match(/^application\/problem\+json/);
  const problem = answer.json as Problem;
  expect(problem).to.include.keys('type', 'title', 'status', 'detail', 'code', 'request_id');
  expect(problem.status).to.equal(answer.status);
  expect(problem.request_id).to.equal(answer.headers['x-request-id']);
  return problem;
}
