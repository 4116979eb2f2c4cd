import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { Registry } from 'prom-client';
import { RouteAccessControl } from '../../../../src/api/access/access-control.js';
import { ApiKeys } from '../../../../src/api/access/api-keys.js';
import { requireModel } from '../../../../src/api/access/caller.js';
import { ClientAddresses } from '../../../../src/api/access/client-address.js';
import type { Requirement } from '../../../../src/api/access/route-policy.js';
import type { VerifiedToken } from '../../../../src/api/access/token-verifier.js';
import { RequestError } from '../../../../src/errors.js';
import { AccessMetrics, type CredentialFailure } from '../../../../src/metrics/access.js';
import { sampleOf } from '../../../support/metric-samples.js';
import { rejection, thrown } from '../../../support/rejection.js';

const NOW = Date.UTC(2026, 0, 1);
const TOKEN = 'eyJh.eyJz.c2ln';

describe('access control', () => {
  const verified: VerifiedToken = {
    caller: { id: 'risk-team', authenticated: true },
    scopes: new Set(['predict']),
    expiresAtMs: Infinity,
  };
  const keys = ApiKeys.parse(
    JSON.stringify({
      keys: [
        { name: 'batch', sha256: sha256('good') },
        { name: 'old', sha256: sha256('expired'), expires_at: '2026-01-01T00:00:00Z' },
        { name: 'limited', sha256: sha256('limited'), routes: ['/predict'], models: ['churn'] },
      ],
    }),
  );
  let registry: Registry;
  let answer: VerifiedToken | CredentialFailure | Promise<VerifiedToken | CredentialFailure>;
  let asked: string[];

  beforeEach(() => {
    registry = new Registry();
    answer = verified;
    asked = [];
  });

  function sha256(text: string): string {
    return createHash('sha256').update(text).digest('hex');
  }

  function control(
    everywhere: Requirement,
    predictionScope: string | undefined = 'predict',
  ): RouteAccessControl {
    registry = new Registry();
    const tokens = {
      verify: (token: string) => {
        asked.push(token);
        return answer;
      },
    };
    return new RouteAccessControl(
      { keys, tokens },
      {
        policy: { everywhere, rules: [{ pattern: '/docs', requirement: 'off' }] },
        predictionRoutes: new Set(['/predict']),
        predictionScope,
      },
      new ClientAddresses(['10.0.0.0/8']),
      new AccessMetrics(registry),
      () => NOW,
    );
  }

  async function failures(reason: CredentialFailure): Promise<number | undefined> {
    return sampleOf(await registry.metrics(), 'serving_auth_failures_total', { reason });
  }

  it('knows a client by its address where nothing is asked for, and looks at no credential', () => {
    const caller = control('off').identify(
      '/predict',
      { 'x-api-key': 'good', 'x-forwarded-for': '192.0.2.9' },
      '10.1.1.1',
    );
    expect(caller).to.deep.equal({ id: '192.0.2.9', authenticated: false });
    expect(control('any').identify('/docs', { authorization: `Bearer ${TOKEN}` }, '192.0.2.1')).to.deep.equal(
      {
        id: '192.0.2.1',
        authenticated: false,
      },
    );
    expect(asked).to.deep.equal([]);
  });

  it('leaves health open', () => {
    expect(control('any').identify('/health/ready', {}, '192.0.2.1')).to.include({ authenticated: false });
  });

  const accepted: readonly (readonly [Requirement, Record<string, string>, string])[] = [
    ['api-key', { 'x-api-key': 'good' }, 'batch'],
    ['api-key', { authorization: 'Bearer good' }, 'batch'],
    ['api-key', { authorization: 'bearer good' }, 'batch'],
    ['api-key', { 'x-api-key': 'good', authorization: 'Basic Z29vZA==' }, 'batch'],
    ['any', { 'x-api-key': 'good' }, 'batch'],
    ['any', { authorization: 'Bearer good' }, 'batch'],
    ['any', { 'x-api-key': 'good', authorization: `Bearer ${TOKEN}` }, 'batch'],
    ['any', { authorization: `Bearer ${TOKEN}` }, 'risk-team'],
    ['jwt', { authorization: `Bearer ${TOKEN}` }, 'risk-team'],
    ['jwt', { authorization: `Bearer ${TOKEN}`, 'x-api-key': 'wrong' }, 'risk-team'],
  ];
  for (const [requirement, headers, id] of accepted) {
    it(`lets ${JSON.stringify(headers)} in as ${id} where it asks for ${requirement}, at once`, () => {
      expect(control(requirement).identify('/predict', headers, undefined)).to.deep.include({
        id,
        authenticated: true,
      });
    });
  }

  const refused: readonly (readonly [Requirement, Record<string, string>, CredentialFailure])[] = [
    ['api-key', {}, 'missing_credential'],
    ['api-key', { 'x-api-key': '' }, 'missing_credential'],
    ['api-key', { authorization: 'Basic Z29vZA==' }, 'missing_credential'],
    ['api-key', { authorization: 'Bearer' }, 'missing_credential'],
    ['api-key', { authorization: 'good' }, 'missing_credential'],
    ['api-key', { 'x-api-key': 'wrong' }, 'unknown_key'],
    ['api-key', { 'x-api-key': 'good, good' }, 'unknown_key'],
    ['api-key', { 'x-api-key': 'wrong', authorization: 'Bearer good' }, 'unknown_key'],
    ['api-key', { authorization: `Bearer ${TOKEN}` }, 'unknown_key'],
    ['api-key', { 'x-api-key': 'expired' }, 'expired_key'],
    ['jwt', { 'x-api-key': 'good' }, 'missing_credential'],
  ];
  for (const [requirement, headers, reason] of refused) {
    it(`refuses ${JSON.stringify(headers)} where it asks for ${requirement}: ${reason}`, async () => {
      const error = thrown(() => control(requirement).identify('/predict', headers, undefined), RequestError);
      expect(error.code).to.equal('UNAUTHORIZED');
      expect(await failures(reason)).to.equal(1);
      expect(asked).to.deep.equal([]);
      for (const value of ['wrong', 'good', 'expired-', TOKEN]) expect(error.message).not.to.include(value);
    });
  }

  it('refuses a key on a route that it is not good for', async () => {
    const some = control('api-key');
    expect(some.identify('/predict', { 'x-api-key': 'limited' }, undefined)).to.include({ id: 'limited' });
    const error = thrown(
      () => some.identify('/invocations', { 'x-api-key': 'limited' }, undefined),
      RequestError,
    );
    expect(error.code).to.equal('FORBIDDEN');
    expect(await failures('route_not_granted')).to.equal(1);
  });

  it('lets a key at the models that it is good for, and at no other', () => {
    const some = control('api-key');
    const limited = some.identify('/predict', { 'x-api-key': 'limited' }, undefined);
    const unlimited = some.identify('/predict', { 'x-api-key': 'good' }, undefined);
    if (limited instanceof Promise || unlimited instanceof Promise) throw new Error('not at once');
    requireModel(limited, 'churn');
    requireModel(unlimited, 'fraud');
    expect(
      thrown(() => {
        requireModel(limited, 'fraud');
      }, RequestError).code,
    ).to.equal('FORBIDDEN');
  });

  const token = { authorization: `Bearer ${TOKEN}` };

  it('waits for a token that was not seen before', async () => {
    answer = Promise.resolve(verified);
    expect(await control('jwt').identify('/predict', token, undefined)).to.equal(verified.caller);
    answer = Promise.resolve('invalid_token' as const);
    const refusal = await rejection(
      Promise.resolve(control('jwt').identify('/predict', token, undefined)),
      RequestError,
    );
    expect(refusal.code).to.equal('UNAUTHORIZED');
  });

  it('asks for the scope on predictions only, and not where there is none to ask for', async () => {
    answer = { ...verified, scopes: new Set(['read']) };
    const error = thrown(() => control('jwt').identify('/predict', token, undefined), RequestError);
    expect(error.code).to.equal('FORBIDDEN');
    expect(await failures('missing_scope')).to.equal(1);
    expect(control('jwt').identify('/v2', token, undefined)).to.equal(verified.caller);
    const unscoped = new RouteAccessControl(
      { keys: undefined, tokens: { verify: () => answer } },
      {
        policy: { everywhere: 'jwt', rules: [] },
        predictionRoutes: new Set(['/predict']),
        predictionScope: undefined,
      },
      new ClientAddresses([]),
      new AccessMetrics(new Registry()),
    );
    expect(unscoped.identify('/predict', token, undefined)).to.equal(verified.caller);
  });

  it('does not blame the client for the issuer', () => {
    answer = 'keys_unavailable';
    const error = thrown(() => control('jwt').identify('/predict', token, undefined), RequestError);
    expect([error.code, error.status]).to.deep.equal(['AUTHENTICATION_UNAVAILABLE', 503]);
  });

  it('says the same of every token that is not valid', () => {
    answer = 'invalid_token';
    const error = thrown(() => control('any').identify('/predict', token, undefined), RequestError);
    expect(error.message).to.equal('The token is not valid here');
  });
});
