import { expect } from 'chai';
import { RequestError, type RequestErrorCode } from '../../../src/errors.js';
import { WebhookVerifier, type WebhookHeaders } from '../../../src/registry/webhook-signature.js';
import { rejection, thrown } from '../../support/rejection.js';
import { deliveryHeaders, type DeliveryOptions } from '../../support/webhook-delivery.js';

const SECRET = 'a-secret-of-the-registry';
const BODY = Buffer.from('{"entity":"model_version_alias","action":"created","data":{"alias":"champion"}}');
const FIVE_MINUTES_MS = 5 * 60_000;

describe('WebhookVerifier', () => {
  let nowMs: number;
  let verifier: WebhookVerifier;

  beforeEach(() => {
    nowMs = Date.UTC(2026, 5, 1);
    verifier = new WebhookVerifier(SECRET, () => nowMs);
  });

  function headers(options: Partial<DeliveryOptions> = {}): WebhookHeaders {
    const signed = deliveryHeaders({ secret: SECRET, body: BODY, timestamp: nowMs / 1_000, ...options });
    return {
      signature: signed['x-mlflow-signature'],
      deliveryId: signed['x-mlflow-delivery-id'],
      timestamp: signed['x-mlflow-timestamp'],
    };
  }

  function refusal(given: WebhookHeaders, body: Buffer = BODY): RequestErrorCode {
    return thrown(() => {
      verifier.verify(given, body);
    }, RequestError).code;
  }

  it('accepts what the holder of the secret signed', () => {
    verifier.verify(headers(), BODY);
    verifier.verify(headers(), BODY);
  });

  it('accepts a signature that was computed elsewhere', () => {
    nowMs = 1_767_225_600_000;
    // printf '%s' 'd1.1767225600.{}' | openssl dgst -sha256 -hmac a-secret-of-the-registry -binary | base64
    const signature = 'v1,T5oGlXbXmN7DcC6/u/CrGl+JBLGX7y//RwAyeXMla4s=';
    verifier.verify({ signature, deliveryId: 'd1', timestamp: '1767225600' }, Buffer.from('{}'));
  });

  it('accepts an empty body that is signed as such', () => {
    verifier.verify(headers({ body: '' }), Buffer.alloc(0));
  });

  it('refuses another secret', () => {
    expect(refusal(headers({ secret: `${SECRET}!` }))).to.equal('UNAUTHORIZED');
  });

  it('refuses a body that was changed, even in its blanks', () => {
    expect(refusal(headers(), Buffer.from(BODY.toString().replace('champion', 'challenger')))).to.equal(
      'UNAUTHORIZED',
    );
    expect(refusal(headers(), Buffer.concat([BODY, Buffer.from('\n')]))).to.equal('UNAUTHORIZED');
  });

  it('refuses a delivery id or a timestamp that was changed', () => {
    expect(refusal({ ...headers(), deliveryId: 'another' })).to.equal('UNAUTHORIZED');
    expect(refusal({ ...headers(), timestamp: String(nowMs / 1_000 + 1) })).to.equal('UNAUTHORIZED');
  });

  it('refuses parts that were shifted into each other', () => {
    const signed = headers({ id: 'a.b', timestamp: nowMs / 1_000 });
    expect(refusal({ ...signed, deliveryId: 'a', timestamp: `b.${nowMs / 1_000}` })).to.equal('UNAUTHORIZED');
  });

  for (const missing of ['signature', 'deliveryId', 'timestamp'] as const) {
    it(`refuses a delivery without ${missing}`, () => {
      expect(refusal({ ...headers(), [missing]: undefined })).to.equal('UNAUTHORIZED');
    });
  }

  const rubbish = [
    '',
    'v1',
    'v1,',
    'v1,!!!!',
    'v1,AAAA',
    `v1,${'A'.repeat(10_000)}`,
    'v2,AAAA',
    '\0',
    'v1 AAAA',
  ];
  for (const signature of rubbish) {
    it(`refuses the signature ${JSON.stringify(signature.slice(0, 12))}`, () => {
      expect(refusal({ ...headers(), signature })).to.equal('UNAUTHORIZED');
    });
  }

  it('refuses the right digest under another scheme', () => {
    const given = headers();
    expect(refusal({ ...given, signature: given.signature!.replace('v1,', 'v2,') })).to.equal('UNAUTHORIZED');
    expect(refusal({ ...given, signature: given.signature!.replace('v1,', '') })).to.equal('UNAUTHORIZED');
  });

  describe('the age of a delivery', () => {
    for (const [seconds, ok] of [
      [300, true],
      [301, false],
      [-300, true],
      [-301, false],
      [86_400, false],
    ] as const) {
      const when = seconds > 0 ? `${seconds} s old` : `${-seconds} s in the future`;
      it(`${ok ? 'may' : 'must not'} be ${when}`, () => {
        const given = headers({ timestamp: nowMs / 1_000 - seconds });
        if (ok) verifier.verify(given, BODY);
        else expect(refusal(given)).to.equal('UNAUTHORIZED');
      });
    }

    for (const timestamp of ['', 'now', 'NaN', 'Infinity', '-1', '1e400']) {
      it(`must not be "${timestamp}", signed or not`, () => {
        expect(refusal(headers({ timestamp }))).to.equal('UNAUTHORIZED');
      });
    }
  });

  describe('a replay', () => {
    it('is refused', () => {
      const given = headers();
      verifier.verify(given, BODY);
      expect(refusal(given)).to.equal('REPLAYED_WEBHOOK');
      expect(refusal(given)).to.equal('REPLAYED_WEBHOOK');
    });

    it('is refused under a new signature too, as long as the id is the old one', () => {
      verifier.verify(headers({ id: 'delivery-1' }), BODY);
      nowMs += 1_000;
      expect(refusal(headers({ id: 'delivery-1' }))).to.equal('REPLAYED_WEBHOOK');
    });

    it('is refused for as long as its timestamp would pass', () => {
      const fromTheFuture = headers({ timestamp: (nowMs + FIVE_MINUTES_MS) / 1_000 });
      const start = nowMs;
      verifier.verify(fromTheFuture, BODY);
      for (const later of [1_000, FIVE_MINUTES_MS, 2 * FIVE_MINUTES_MS - 1, 2 * FIVE_MINUTES_MS]) {
        nowMs = start + later;
        expect(refusal(fromTheFuture), `${later} ms later`).to.equal('REPLAYED_WEBHOOK');
      }
      nowMs += 1;
      expect(refusal(fromTheFuture)).to.equal('UNAUTHORIZED');
    });

    it('does not use up an id that was refused for its signature', () => {
      const given = headers();
      expect(refusal({ ...given, signature: 'v1,AAAA' })).to.equal('UNAUTHORIZED');
      verifier.verify(given, BODY);
    });

    it('is still refused after many other deliveries', () => {
      const given = headers();
      verifier.verify(given, BODY);
      for (let i = 0; i < 9_000; i += 1) verifier.verify(headers({ id: String(i) }), BODY);
      expect(refusal(given)).to.equal('REPLAYED_WEBHOOK');
    });
  });

  it('never tells which secret was expected', async () => {
    const attempt = Promise.resolve().then(() => {
      verifier.verify({ ...headers(), signature: 'v1,AAAA' }, BODY);
    });
    const { message } = await rejection(attempt, RequestError);
    expect(message).not.to.include(SECRET);
  });
});
