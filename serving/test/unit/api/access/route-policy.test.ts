import { expect } from 'chai';
import {
  HEALTH_ROUTES,
  idlePatterns,
  policyNeeds,
  requirementOf,
  type RoutePolicy,
} from '../../../../src/api/access/route-policy.js';

describe('a route policy', () => {
  const policy: RoutePolicy = {
    everywhere: 'any',
    rules: [
      { pattern: '/docs*', requirement: 'off' },
      { pattern: '/v2/*', requirement: 'jwt' },
      { pattern: '/v2/models/{model}/infer', requirement: 'api-key' },
      { pattern: 'grpc/*', requirement: 'jwt' },
    ],
  };

  const decisions = {
    '/predict': 'any',
    '/docs': 'off',
    '/docs/swagger-ui.css': 'off',
    '/v2': 'any',
    '/v2/models/{model}': 'jwt',
    '/v2/models/{model}/infer': 'api-key',
    'grpc/ModelInfer': 'jwt',
    none: 'any',
  };
  const reversed: RoutePolicy = { ...policy, rules: policy.rules.toReversed() };
  for (const [route, requirement] of Object.entries(decisions)) {
    it(`asks for ${requirement} at ${route}, in whichever order the rules stand`, () => {
      expect(requirementOf(policy, route)).to.equal(requirement);
      expect(requirementOf(reversed, route)).to.equal(requirement);
    });
  }

  it('never closes health', () => {
    const closed: RoutePolicy = { everywhere: 'jwt', rules: [{ pattern: '*', requirement: 'api-key' }] };
    for (const route of HEALTH_ROUTES) expect(requirementOf(closed, route), route).to.equal('off');
    expect(requirementOf(closed, '/predict')).to.equal('api-key');
  });

  it('knows which credentials it needs', () => {
    const off: RoutePolicy = { everywhere: 'off', rules: [] };
    expect([policyNeeds(off, 'api-key'), policyNeeds(off, 'jwt')]).to.deep.equal([false, false]);
    const one: RoutePolicy = { everywhere: 'off', rules: [{ pattern: '/x', requirement: 'jwt' }] };
    expect([policyNeeds(one, 'api-key'), policyNeeds(one, 'jwt')]).to.deep.equal([false, true]);
    expect([policyNeeds(policy, 'api-key'), policyNeeds(policy, 'jwt')]).to.deep.equal([true, true]);
  });

  it('finds patterns that close nothing', () => {
    expect(idlePatterns(['/predict', '/predictt', '/v2/*', '/v3/*'], ['/predict', '/v2/x'])).to.deep.equal([
      '/predictt',
      '/v3/*',
    ]);
  });
});
