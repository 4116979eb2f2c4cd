import { expect } from 'chai';
import { base64url, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { Registry } from 'prom-client';
import { TokenVerifier, type TokenVerifierLimits } from '../../../../src/api/access/token-verifier.js';
import { AccessMetrics } from '../../../../src/metrics/access.js';
import { CapturedLog } from '../../../fakes/captured-log.js';
import { AUDIENCE, ISSUER, TokenIssuer } from '../../../fakes/token-issuer.js';
import { eventually } from '../../../support/eventually.js';

describe('the verifier of tokens', () => {
  let issuer: TokenIssuer;
  let log: CapturedLog;
  let now: number;
  const verifiers: TokenVerifier[] = [];

  beforeEach(async () => {
    issuer = await TokenIssuer.start();
    log = new CapturedLog();
    now = Date.now();
  });

  afterEach(async () => {
    for (const verifier of verifiers.splice(0)) verifier.close();
    await issuer.stop();
  });

  function start(limits: TokenVerifierLimits = {}, algorithms = ['ES256', 'RS256']): TokenVerifier {
    const settings = {
      jwksUrl: issuer.jwksUrl,
      issuer: ISSUER,
      audience: AUDIENCE,
      algorithms,
      clockToleranceSeconds: 5,
    };
    const verifier = new TokenVerifier(
      settings,
      log.logger,
      new AccessMetrics(new Registry()),
      limits,
      () => now,
    );
    verifiers.push(verifier);
    return verifier;
  }

  it('says whose a token is, what for, and until when', async () => {
    const exp = Math.floor(now / 1_000) + 60;
    const verified = await start().verify(await issuer.token({ exp, scope: 'predict read' }));
    expect(verified).to.deep.include({
      caller: { id: 'risk-team', authenticated: true },
      scopes: new Set(['predict', 'read']),
      expiresAtMs: (exp + 5) * 1_000,
    });
  });

  it('reads scopes also as Entra and Okta write them', async () => {
    const verifier = start();
    for (const scp of ['predict read', ['predict', 'read', 7]]) {
      const verified = await verifier.verify(await issuer.token({ scope: undefined, scp }));
      expect(verified).to.deep.include({ scopes: new Set(['predict', 'read']) });
    }
  });

  it('answers at once for a token that was seen before', async () => {
    const verifier = start();
    const token = await issuer.token();
    const first = verifier.verify(token);
    const beside = verifier.verify(token);
    expect(first, 'two requests with one token have it checked once').to.equal(beside);
    expect(verifier.verify(token)).to.be.a('promise');
    await first;
    expect(verifier.verify(token)).to.deep.include({ caller: { id: 'risk-team', authenticated: true } });
  });

  it('remembers so many tokens and no more, and forgets those first that it has not seen for longest', async () => {
    const verifier = start({ remembered: 2 });
    const [first, second, third] = [
      await issuer.token({ jti: '1' }),
      await issuer.token({ jti: '2' }),
      await issuer.token({ jti: '3' }),
    ];
    await verifier.verify(first);
    await verifier.verify(second);
    expect(verifier.verify(first)).not.to.be.a('promise');
    await verifier.verify(third);
    expect(verifier.verify(first), 'seen lately').not.to.be.a('promise');
    expect(verifier.verify(third)).not.to.be.a('promise');
    const again = verifier.verify(second);
    expect(again, 'checked again').to.be.a('promise');
    expect(await again).to.be.an('object');
  });

  it('refuses a good signature by an algorithm that is not allowed', async () => {
    expect(await start({}, ['RS256', 'EdDSA']).verify(await issuer.token())).to.equal('invalid_token');
  });

  it('forgets a token when it expires', async () => {
    const verifier = start();
    const token = await issuer.token();
    await verifier.verify(token);
    now += 64_000;
    expect(verifier.verify(token), 'within the tolerance').to.be.an('object');
    now += 2_000;
    expect(verifier.verify(token)).to.equal('expired_token');
    expect(await verifier.verify(token)).to.equal('expired_token');
  });

  it('checks a token of long life again after some minutes, since its key may have been withdrawn', async () => {
    const verifier = start({ refreshMs: 10 });
    const token = await issuer.token({ exp: Math.floor(now / 1_000) + 86_400 });
    await verifier.verify(token);
    await issuer.rotate();
    const { reads } = issuer;
    await eventually(() => {
      expect(issuer.reads).to.be.above(reads + 1);
    });
    expect(verifier.verify(token), 'for now').to.be.an('object');
    now += 11 * 60_000;
    expect(await verifier.verify(token)).to.equal('invalid_token');
  });

  it('reads the keys again for a token with a new one, but not for each', async () => {
    const verifier = start({ cooldownMs: 0 });
    await verifier.verify(await issuer.token());
    await issuer.rotate();
    expect(await verifier.verify(await issuer.token())).to.be.an('object');

    const patient = start({ cooldownMs: 60_000 });
    await patient.verify(await issuer.token());
    const { reads } = issuer;
    await issuer.rotate('key-3');
    for (let i = 0; i < 5; i += 1) {
      expect(await patient.verify(await issuer.token({ jti: String(i) }))).to.equal('invalid_token');
    }
    expect(issuer.reads).to.equal(reads);
  });

  it('goes on with the keys that it has while the issuer does not answer', async () => {
    const verifier = start({ refreshMs: 10 });
    await verifier.verify(await issuer.token());
    issuer.available = false;
    const { reads } = issuer;
    await eventually(() => {
      expect(issuer.reads).to.be.above(reads + 1);
    });
    expect(await verifier.verify(await issuer.token({ jti: 'new' }))).to.be.an('object');
  });

  it('can not tell while it never had any keys, and can as soon as it has', async () => {
    issuer.available = false;
    const verifier = start({ pauseMs: 0 });
    const token = await issuer.token();
    expect(await verifier.verify(token)).to.equal('keys_unavailable');
    issuer.available = true;
    expect(await verifier.verify(token)).to.be.an('object');
  });

  it('does not ask an issuer in trouble again with every token, and says so once', async () => {
    issuer.available = false;
    const verifier = start({ pauseMs: 60_000 });
    for (let i = 0; i < 5; i += 1) {
      expect(await verifier.verify(await issuer.token({ jti: String(i) }))).to.equal('keys_unavailable');
    }
    expect(issuer.reads).to.equal(1);
    expect(log.lines.map(({ level }) => level)).to.deep.equal([40]);
  });

  it('does not wait for an issuer that is not there', async () => {
    const verifier = start();
    await issuer.stop();
    await verifier.refresh();
    expect(log.lines.map(({ level }) => level)).to.deep.equal([40]);
    issuer = await TokenIssuer.start();
  });

  const second = Math.floor(Date.now() / 1_000);
  const refused: Record<string, () => Promise<string> | string> = {
    'of another issuer': () => issuer.token({ iss: 'https://other.test' }),
    'for another audience': () => issuer.token({ aud: 'billing' }),
    'without an audience': () => issuer.token({ aud: undefined }),
    'without an end': () => issuer.token({ exp: undefined }),
    'without a subject': () => issuer.token({ sub: undefined }),
    'with an empty subject': () => issuer.token({ sub: '' }),
    'with a subject of any length': () => issuer.token({ sub: 'x'.repeat(129) }),
    'that is not good yet': () => issuer.token({ nbf: second + 600 }),
    'that was changed': async () => {
      const [header, payload, signature] = (await issuer.token()).split('.');
      const claims = JSON.parse(Buffer.from(payload!, 'base64url').toString()) as object;
      return [header, base64url.encode(JSON.stringify({ ...claims, sub: 'admin' })), signature].join('.');
    },
    'without a signature': () =>
      new UnsecuredJWT({ sub: 'admin', scope: 'predict' })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setExpirationTime('1m')
        .encode(),
    'signed with the public key as a secret': async () => {
      const { publicKey } = await generateKeyPair('RS256', { extractable: true });
      return new SignJWT({ sub: 'admin' })
        .setProtectedHeader({ alg: 'HS256', kid: 'key-1' })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setExpirationTime('1m')
        .sign(Buffer.from(await exportSPKI(publicKey)));
    },
    'signed with the key of somebody else': async () => {
      const { privateKey } = await generateKeyPair('ES256');
      return new SignJWT({ sub: 'admin' })
        .setProtectedHeader({ alg: 'ES256', kid: 'key-1' })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setExpirationTime('1m')
        .sign(privateKey);
    },
    'that is none': () => 'a.b.c',
    'that is nothing': () => '',
  };
  for (const [what, token] of Object.entries(refused)) {
    it(`refuses a token ${what}, each time`, async () => {
      const verifier = start();
      const made = await token();
      for (let i = 0; i < 2; i += 1) expect(await verifier.verify(made)).to.equal('invalid_token');
    });
  }

  it('refuses a token that has expired', async () => {
    expect(await start().verify(await issuer.token({ exp: second - 6 }))).to.equal('expired_token');
  });

  it('logs nothing of a token', async () => {
    issuer.available = false;
    const token = await issuer.token();
    await start().verify(token);
    expect(log.text).to.include('jwks');
    for (const part of [...token.split('.'), 'risk-team']) expect(log.text).not.to.include(part);
  });
});
