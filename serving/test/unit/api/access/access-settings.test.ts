import { expect } from 'chai';
import { ConfigError, readConfig } from '../../../../src/config.js';
import { thrown } from '../../../support/rejection.js';

const JWT = {
  JWT_JWKS_URL: 'https://issuer.example/jwks',
  JWT_ISSUER: 'https://issuer.example',
  JWT_AUDIENCE: 'model-serving',
};

describe('the settings of access', () => {
  it('ask clients for nothing, trust no proxy, and close the management port to other machines', () => {
    expect(readConfig({}).access).to.deep.equal({
      policy: { everywhere: 'off', rules: [] },
      apiKeysFile: undefined,
      tokens: undefined,
      predictionScope: 'predict',
      trustedProxies: [],
      management: { allow: ['127.0.0.0/8', '::1'], metricsAllow: [], names: [] },
    });
  });

  it('take a policy with what it needs', () => {
    const { access } = readConfig({
      AUTH: 'any',
      AUTH_ROUTES: '/docs*=off, grpc/*=jwt',
      API_KEYS_FILE: '/etc/keys.yaml',
      ...JWT,
      JWT_ALGORITHMS: 'ES384,PS256',
      JWT_PREDICTION_SCOPE: 'none',
      JWT_CLOCK_TOLERANCE_SECONDS: '0',
      TRUSTED_PROXIES: '10.0.0.0/8, fd00::/8',
      MANAGEMENT_ALLOW: '192.0.2.0/24',
      METRICS_ALLOW: '10.0.0.0/8',
      MANAGEMENT_NAMES: 'serving.example,*.serving.svc',
    });
    expect(access).to.deep.equal({
      policy: {
        everywhere: 'any',
        rules: [
          { pattern: '/docs*', requirement: 'off' },
          { pattern: 'grpc/*', requirement: 'jwt' },
        ],
      },
      apiKeysFile: '/etc/keys.yaml',
      tokens: {
        jwksUrl: 'https://issuer.example/jwks',
        issuer: 'https://issuer.example',
        audience: 'model-serving',
        algorithms: ['ES384', 'PS256'],
        clockToleranceSeconds: 0,
      },
      predictionScope: undefined,
      trustedProxies: ['10.0.0.0/8', 'fd00::/8'],
      management: {
        allow: ['192.0.2.0/24'],
        metricsAllow: ['10.0.0.0/8'],
        names: ['serving.example', '*.serving.svc'],
      },
    });
  });

  it('set up no more than the policy needs', () => {
    const { access } = readConfig({ AUTH: 'api-key', API_KEYS_FILE: '/keys', ...JWT });
    expect([access.apiKeysFile, access.tokens]).to.deep.equal(['/keys', undefined]);
  });

  const lacking: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ AUTH: 'api-key' }, /API_KEYS_FILE: needed by AUTH/],
    [{ AUTH_ROUTES: '/predict=api-key' }, /API_KEYS_FILE: needed by AUTH/],
    [{ AUTH: 'jwt', JWT_ISSUER: 'x' }, /JWT_JWKS_URL, JWT_AUDIENCE: needed by AUTH/],
    [{ AUTH: 'any', ...JWT }, /API_KEYS_FILE: needed/],
  ];
  for (const [env, says] of lacking) {
    it(`are not usable as ${JSON.stringify(Object.keys(env))} alone`, () => {
      expect(thrown(() => readConfig(env), ConfigError).message).to.match(says);
    });
  }

  const wrong: readonly (readonly [name: string, value: string])[] = [
    ['AUTH', 'on'],
    ['AUTH_ROUTES', '/predict'],
    ['AUTH_ROUTES', '/predict=yes'],
    ['AUTH_ROUTES', '/predict=off,'],
    ['AUTH_ROUTES', '=jwt'],
    ['JWT_JWKS_URL', 'http://issuer.example/jwks'],
    ['JWT_JWKS_URL', 'http://127.0.0.1.issuer.example/jwks'],
    ['JWT_JWKS_URL', 'file:///jwks'],
    ['JWT_JWKS_URL', 'issuer'],
    ['JWT_ALGORITHMS', 'HS256'],
    ['JWT_ALGORITHMS', 'none'],
    ['JWT_PREDICTION_SCOPE', 'predict read'],
    ['JWT_CLOCK_TOLERANCE_SECONDS', '-1'],
    ['JWT_CLOCK_TOLERANCE_SECONDS', '301'],
    ['TRUSTED_PROXIES', 'everyone'],
    ['MANAGEMENT_ALLOW', '10.0.0.0/33'],
    ['METRICS_ALLOW', '10.0.0.0/8,'],
    ['MANAGEMENT_NAMES', 'https://serving'],
    ['MANAGEMENT_NAMES', 'a.*.b'],
  ];
  for (const [name, value] of wrong) {
    it(`refuse ${name}=${value} by name`, () => {
      const { message } = thrown(() => readConfig({ [name]: value }), ConfigError);
      expect(message).to.match(new RegExp(`(^|[ ;])${name}[:.]`));
    });
  }

  it('take http for an issuer on this machine', () => {
    for (const url of ['http://127.0.0.1:8/jwks', 'http://localhost/jwks', 'http://[::1]:8/jwks']) {
      expect(readConfig({ AUTH: 'jwt', ...JWT, JWT_JWKS_URL: url }).access.tokens?.jwksUrl).to.equal(url);
    }
  });
});
