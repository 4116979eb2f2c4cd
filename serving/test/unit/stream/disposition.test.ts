import { expect } from 'chai';
import { dispositionOf, isSuspicious, type Failure } from '../../../src/stream/disposition.js';

const POISON_ATTEMPTS = 8;

function answered(status: number, code?: string, retryAfterSeconds?: number): Failure {
  return { kind: 'answered', status, code, retryAfterSeconds };
}

/** Failure -> what is done the first time, and what once it has happened often enough while others were scored. */
const table: readonly (readonly [string, Failure, string, string])[] = [
  ['an instance of another signature', answered(422, 'SIGNATURE_MISMATCH'), 'rejected', 'rejected'],
  ['a row that is no JSON to the tier', answered(400, 'INVALID_JSON'), 'rejected', 'rejected'],
  ['a body over the limit of the tier', answered(413, 'BODY_TOO_LARGE'), 'rejected', 'rejected'],
  ['a 4xx that the tier has not said', answered(400), 'retry unexpected', 'unexpected'],
  ['a redirect', answered(302), 'retry unexpected', 'unexpected'],
  ['a 200 that is no prediction', answered(200), 'retry unexpected', 'unexpected'],
  ['no credential', answered(401, 'UNAUTHORIZED'), 'retry denied', 'retry denied'],
  ['a credential for something else', answered(403, 'FORBIDDEN'), 'retry denied', 'retry denied'],
  ['a proxy that wants a password', answered(407), 'retry denied', 'retry denied'],
  ['no such model', answered(404, 'MODEL_NOT_FOUND'), 'retry not_ready', 'retry not_ready'],
  ['no such path', answered(404), 'retry not_ready', 'retry not_ready'],
  ['another kind of server', answered(405, 'METHOD_NOT_ALLOWED'), 'retry not_ready', 'retry not_ready'],
  ['a conflict', answered(409), 'retry not_ready', 'retry not_ready'],
  ['no model yet', answered(503, 'MODEL_NOT_READY'), 'retry not_ready', 'retry not_ready'],
  ['a tier with too much to do', answered(503, 'OVERLOADED'), 'retry overloaded', 'retry overloaded'],
  ['a fair share that is used up', answered(429, 'RATE_LIMITED'), 'retry overloaded', 'retry overloaded'],
  [
    'a body that arrived too slowly',
    answered(408, 'REQUEST_TIMEOUT'),
    'retry overloaded',
    'retry overloaded',
  ],
  ['a request too early', answered(425), 'retry overloaded', 'retry overloaded'],
  ['a graph that fails', answered(500, 'PREDICTION_FAILED'), 'retry failed', 'poison'],
  ['a bad gateway', answered(502), 'retry failed', 'poison'],
  ['a gateway that waited in vain', answered(504), 'retry timed_out', 'poison'],
  ['no answer in time', { kind: 'timed_out' }, 'retry timed_out', 'poison'],
  ['a connection that ends before the answer', { kind: 'cut' }, 'retry unreachable', 'poison'],
  ['no connection', { kind: 'unreachable' }, 'retry unreachable', 'retry unreachable'],
];

function brief(failure: Failure, failuresAmongSuccesses: number): string {
  const disposition = dispositionOf(failure, failuresAmongSuccesses, POISON_ATTEMPTS);
  return disposition.do === 'retry' ? `retry ${disposition.reason}` : disposition.reason;
}

describe('what becomes of a message that was not scored', () => {
  for (const [what, failure, atFirst, atLast] of table) {
    it(`${what}: ${atFirst}${atLast === atFirst ? '' : `, in the end ${atLast}`}`, () => {
      expect(brief(failure, 1)).to.equal(atFirst);
      expect(brief(failure, POISON_ATTEMPTS - 1)).to.equal(atFirst);
      expect(brief(failure, POISON_ATTEMPTS)).to.equal(atLast);
      const canBeTheMessage = !atLast.startsWith('retry') && atFirst !== 'rejected';
      if (atFirst !== 'rejected') expect(isSuspicious(failure)).to.equal(canBeTheMessage);
    });
  }

  it('waits for as long as the tier asks', () => {
    const disposition = dispositionOf(answered(503, 'OVERLOADED', 7), 0, POISON_ATTEMPTS);
    expect(disposition).to.deep.equal({ do: 'retry', reason: 'overloaded', notBeforeSeconds: 7 });
  });
});
