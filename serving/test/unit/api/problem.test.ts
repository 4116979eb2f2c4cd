import { expect } from 'chai';
import { logFailure, toProblem, toRequestError } from '../../../src/api/problem.js';
import { REQUEST_ERRORS, RequestError, type RequestErrorCode } from '../../../src/errors.js';
import { CapturedLog } from '../../fakes/captured-log.js';

describe('toProblem', () => {
  it('holds what RFC 9457 asks for, the code and the request id', () => {
    expect(toProblem(new RequestError('TOO_MANY_ROWS', '7 rows'), 'r-1')).to.deep.equal({
      type: 'urn:model-serving:problem:too-many-rows',
      title: 'The request has more rows than allowed',
      status: 413,
      detail: '7 rows',
      code: 'TOO_MANY_ROWS',
      request_id: 'r-1',
    });
  });

  it('names the fields that are wrong, if there are any', () => {
    const fields = [{ path: '/instances/0/age', expected: 'an integer', found: 'a string' }];
    expect(toProblem(new RequestError('SIGNATURE_MISMATCH', 'x', fields), 'r')).to.deep.include({
      errors: fields,
    });
    expect(toProblem(new RequestError('SIGNATURE_MISMATCH', 'x', []), 'r')).not.to.have.property('errors');
  });

  for (const code of Object.keys(REQUEST_ERRORS) as RequestErrorCode[]) {
    it(`has a type of its own for ${code}`, () => {
      const problem = toProblem(new RequestError(code, 'detail'), 'r');
      expect(problem.type).to.match(/^urn:model-serving:problem:[a-z]+(-[a-z]+)*$/);
      expect(problem.type.split(':').pop()).to.equal(code.toLowerCase().replaceAll('_', '-'));
      expect([problem.status, problem.title]).to.deep.equal([
        REQUEST_ERRORS[code].status,
        REQUEST_ERRORS[code].title,
      ]);
    });
  }

  it('never shows a cause', () => {
    const error = new RequestError('PREDICTION_FAILED', 'failed', [], { cause: new Error('row 4111') });
    expect(JSON.stringify(toProblem(error, 'r'))).not.to.include('4111');
  });
});

describe('toRequestError', () => {
  it('leaves a refusal as it is', () => {
    const error = new RequestError('NOT_FOUND', 'x');
    expect(toRequestError(error)).to.equal(error);
  });

  for (const thing of [new TypeError('password=hunter2'), 'password=hunter2', undefined, null, 7]) {
    it(`keeps what ${thing instanceof Error ? 'a bug' : JSON.stringify(thing) || 'undefined'} says from the client`, () => {
      const error = toRequestError(thing);
      expect([error.code, error.status]).to.deep.equal(['INTERNAL', 500]);
      expect(error.message).not.to.include('hunter2');
      expect(error.cause).to.equal(thing);
    });
  }
});

describe('logFailure', () => {
  let log: CapturedLog;

  beforeEach(() => {
    log = new CapturedLog();
  });

  for (const [code, { status }] of Object.entries(REQUEST_ERRORS) as [
    RequestErrorCode,
    { status: number },
  ][]) {
    const level = status === 500 ? 50 : status > 500 && code !== 'OVERLOADED' ? 40 : undefined;
    const words = { 50: 'as an error', 40: 'as a warning' };
    it(`logs ${code} ${level === undefined ? 'not at all: a client did it, or many at once' : words[level]}`, () => {
      logFailure(log.logger, new RequestError(code, 'detail'), 'r-1');
      expect(log.lines.map((line) => [line.level, line.msg, line['code'], line['request_id']])).to.deep.equal(
        level === undefined ? [] : [[level, 'detail', code, 'r-1']],
      );
    });
  }

  it('logs the cause, and for a bug the stack', () => {
    const cause = new Error('the graph fell over');
    logFailure(log.logger, new RequestError('PREDICTION_FAILED', 'x', [], { cause }), 'r');
    logFailure(log.logger, new RequestError('INTERNAL', 'x', [], { cause }), 'r');
    expect(log.lines.map((line) => line['cause'])).to.deep.equal([cause.message, cause.message]);
    expect(log.lines[0]).not.to.have.property('stack');
    expect(log.lines[1]?.['stack']).to.equal(cause.stack);
  });
});
