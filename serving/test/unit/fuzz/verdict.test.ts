import { status as grpc } from '@grpc/grpc-js';
import { expect } from 'chai';
import { PROBLEM_TYPE, toProblem } from '../../../src/api/problem.js';
import { RequestError, type RequestErrorCode } from '../../../src/errors.js';
import type { WireAnswer } from '../../fuzz/answer-reader.js';
import { CANARY } from '../../fuzz/json-mutations.js';
import { problemsOfAnswer, problemsOfCall } from '../../fuzz/verdict.js';

function refusal(code: RequestErrorCode, detail = 'no'): WireAnswer {
  const problem = toProblem(new RequestError(code, detail), 'r-1');
  return {
    status: problem.status,
    headers: { 'content-type': PROBLEM_TYPE, 'x-request-id': 'r-1' },
    body: Buffer.from(JSON.stringify(problem)),
  };
}

const INFER = '/inference.GRPCInferenceService/ModelInfer';
const CALL = { httpStatus: 200, message: '', errorCode: undefined };

describe('the verdict on an answer to damaged input', () => {
  it('is good for documented refusals, also those of an overloaded tier', () => {
    for (const code of ['SIGNATURE_MISMATCH', 'MALFORMED_HTTP', 'OVERLOADED', 'DEADLINE_EXCEEDED'] as const) {
      expect(problemsOfAnswer(refusal(code)), code).to.deep.equal([]);
    }
  });

  it('is bad for whatever input must not be able to bring about', () => {
    for (const code of ['INTERNAL', 'PREDICTION_FAILED', 'MODEL_NOT_READY'] as const) {
      expect(problemsOfAnswer(refusal(code)), code).to.have.length(1);
    }
  });

  it('is bad for refusals that are not as documented', () => {
    const good = refusal('INVALID_JSON');
    for (const bad of [
      { ...good, status: 422 },
      { ...good, status: 302 },
      { ...good, body: Buffer.from('Bad Request') },
      { ...good, headers: { ...good.headers, 'content-type': 'text/html' } },
      { ...good, headers: { ...good.headers, 'x-request-id': 'another' } },
      refusal('SIGNATURE_MISMATCH', `found ${CANARY}`),
    ]) {
      expect(problemsOfAnswer(bad), bad.body.toString()).not.to.deep.equal([]);
    }
  });

  it('is bad for a success that declares JSON and is none', () => {
    const answer = { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from('{') };
    expect(problemsOfAnswer(answer)).to.have.length(1);
  });

  it('holds a gRPC refusal against its code', () => {
    const invalid = { ...CALL, grpcStatus: grpc.INVALID_ARGUMENT, errorCode: 'INVALID_REQUEST' };
    expect(problemsOfCall(INFER, invalid)).to.deep.equal([]);
    expect(problemsOfCall(INFER, { ...invalid, grpcStatus: grpc.INTERNAL })).to.have.length(1);
    expect(problemsOfCall(INFER, { ...invalid, errorCode: 'NONE_SUCH' })).to.have.length(1);
  });

  it('lets the gRPC library refuse, but not break', () => {
    expect(problemsOfCall(INFER, { ...CALL, grpcStatus: grpc.UNIMPLEMENTED })).to.deep.equal([]);
    expect(problemsOfCall(INFER, { ...CALL, grpcStatus: grpc.INTERNAL })).to.have.length(1);
    expect(problemsOfCall(INFER, { ...CALL, grpcStatus: undefined })).to.have.length(1);
    const unreadable = { ...CALL, grpcStatus: grpc.INTERNAL, message: 'Error deserializing request' };
    expect(problemsOfCall('/grpc.health.v1.Health/Check', unreadable)).to.deep.equal([]);
    expect(problemsOfCall(INFER, unreadable), 'the tier itself reads these').to.have.length(1);
  });
});
