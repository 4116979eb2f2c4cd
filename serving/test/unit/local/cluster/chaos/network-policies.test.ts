import { expect } from 'chai';
import {
  isAllowed,
  networkPolicySchema,
  type PolicyPod,
} from '../../../../../local/cluster/chaos/network-policies.js';

const pod = (name: string, more: Partial<PolicyPod> = {}): PolicyPod => ({
  namespace: 'bank',
  namespaceLabels: { 'kubernetes.io/metadata.name': 'bank' },
  labels: { app: name },
  address: '10.0.0.7',
  ...more,
});
const policy = (spec: object, namespace = 'bank') =>
  networkPolicySchema.parse({ metadata: { name: 'policy', namespace }, spec });

const DENY = policy({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
const outOf = (app: string) =>
  policy({ podSelector: { matchLabels: { app } }, policyTypes: ['Egress'], egress: [{}] });
const into = (rule: object) =>
  policy({ podSelector: { matchLabels: { app: 'db' } }, policyTypes: ['Ingress'], ingress: [rule] });

describe('what NetworkPolicies allow', () => {
  const [web, db] = [pod('web'), pod('db', { ports: { sql: 5432 } })];

  it('is everything where none selects a pod', () => {
    expect(isAllowed([], web, db, 5432)).to.equal(true);
    const elsewhere = policy({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] }, 'other');
    expect(isAllowed([elsewhere], web, db, 5432)).to.equal(true);
  });

  it('is nothing where one selects it and has no rule, in either direction', () => {
    expect(isAllowed([DENY], web, db, 5432)).to.equal(false);
    const ingress = policy({ podSelector: { matchLabels: { app: 'db' } }, policyTypes: ['Ingress'] });
    expect(isAllowed([ingress], web, db, 5432)).to.equal(false);
    expect(isAllowed([ingress], db, web, 80)).to.equal(true);
    const egress = policy({ podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Egress'] });
    expect(isAllowed([egress], web, db, 5432)).to.equal(false);
    expect(isAllowed([egress], db, web, 80)).to.equal(true);
  });

  it('is what both sides let through, by whichever policy', () => {
    const open = into({ from: [{ podSelector: { matchLabels: { app: 'web' } } }] });
    expect(isAllowed([DENY, open], web, db, 5432), 'the sender is closed').to.equal(false);
    expect(isAllowed([DENY, outOf('web')], web, db, 5432), 'the receiver is closed').to.equal(false);
    expect(isAllowed([DENY, open, outOf('web')], web, db, 5432)).to.equal(true);
  });

  const rules: readonly (readonly [string, object, boolean, boolean])[] = [
    ['any peer', {}, true, true],
    ['pods of its own namespace', { from: [{ podSelector: {} }] }, true, false],
    [
      'pods of another namespace',
      { from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'cafe' } } }] },
      false,
      true,
    ],
    [
      'some pods of every namespace',
      { from: [{ namespaceSelector: {}, podSelector: { matchLabels: { app: 'web' } } }] },
      true,
      true,
    ],
    [
      'nobody by that name',
      { from: [{ namespaceSelector: {}, podSelector: { matchLabels: { app: 'x' } } }] },
      false,
      false,
    ],
    ['addresses', { from: [{ ipBlock: { cidr: '10.0.0.0/24', except: ['10.0.0.8/32'] } }] }, true, false],
    [
      'names in a list',
      { from: [{ podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] } }] },
      true,
      false,
    ],
    [
      'names not in a list',
      { from: [{ podSelector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] } }] },
      false,
      false,
    ],
    [
      'pods with a label',
      { from: [{ podSelector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] } }] },
      true,
      false,
    ],
    [
      'pods without one',
      { from: [{ podSelector: { matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] } }] },
      false,
      false,
    ],
    ['its port', { ports: [{ port: 5432 }] }, true, true],
    ['its port by name', { ports: [{ port: 'sql' }] }, true, true],
    ['another port', { ports: [{ port: 80 }] }, false, false],
    ['a port by a name that it has not', { ports: [{ port: 'http' }] }, false, false],
    ['a range of ports', { ports: [{ port: 5000, endPort: 6000 }] }, true, true],
    ['every port', { ports: [{}] }, true, true],
    ['its port over UDP', { ports: [{ protocol: 'UDP', port: 5432 }] }, false, false],
  ];
  const guest = pod('web', {
    namespace: 'cafe',
    namespaceLabels: { 'kubernetes.io/metadata.name': 'cafe' },
    address: '10.0.0.8',
  });
  for (const [what, rule, neighbour, stranger] of rules) {
    it(`can be for ${what}`, () => {
      expect(isAllowed([into(rule)], web, db, 5432), 'of its namespace').to.equal(neighbour);
      expect(isAllowed([into(rule)], guest, db, 5432), 'of another').to.equal(stranger);
    });
  }
});
