import { expect } from 'chai';
import { tierAnswer } from '../../../src/stream/tier-client.js';

describe('an answer to one row', () => {
  const prediction = { predictions: [{ score: 0.5 }], model_name: 'm', model_version: '7' };

  it('is a score with the version that gave it', () => {
    expect(tierAnswer(200, undefined, JSON.stringify(prediction))).to.deep.equal({
      ...{ kind: 'scored', model: 'm', version: '7', outputs: { score: 0.5 } },
    });
  });

  it('keeps the code, and the time before which nobody should ask again', () => {
    expect(tierAnswer(503, '7', '{"code":"OVERLOADED"}')).to.deep.equal({
      ...{ kind: 'answered', status: 503, code: 'OVERLOADED', retryAfterSeconds: 7 },
    });
    for (const header of [undefined, 'Wed, 21 Oct 2026 07:28:00 GMT', '-1']) {
      expect(tierAnswer(503, header, '')).to.include({ retryAfterSeconds: undefined, code: undefined });
    }
  });

  it('is none of the tier when it is no prediction, whatever else it says', () => {
    const two = { ...prediction, predictions: [{}, {}] };
    for (const text of ['It works!', '{"code":"SIGNATURE_MISMATCH"}', JSON.stringify(two)]) {
      expect(tierAnswer(200, undefined, text)).to.deep.include({ kind: 'answered', code: undefined });
    }
  });
});
