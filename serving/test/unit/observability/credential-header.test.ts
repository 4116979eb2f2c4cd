import { expect } from 'chai';
import { isCredentialHeader } from '../../../src/observability/credential-header.js';

describe('isCredentialHeader', () => {
  const credentials = [
    'Authorization',
    'proxy-authorization',
    'x-api-key',
    'apikey',
    'X-APIKEY',
    'cookie',
    'set-cookie',
    'x-auth-user',
    'x-amz-security-token',
    'x-csrf-token',
    'x-mlflow-signature',
    'x-client-secret',
    'x-user-password',
    'x-session-id',
    'x-access-key',
    'x-forwarded-client-cert-private-key',
  ];
  for (const name of credentials) {
    it(`takes ${name} for one`, () => {
      expect(isCredentialHeader(name)).to.equal(true);
    });
  }

  for (const name of [
    'user-agent',
    'x-model-version',
    'content-type',
    'x-request-id',
    'x-team',
    'traceparent',
  ]) {
    it(`takes ${name} for none`, () => {
      expect(isCredentialHeader(name)).to.equal(false);
    });
  }
});
