import { expect } from 'chai';
import type { Manifest } from './charts.js';
import { missing, selectingNothing } from './references.js';
import { podOf, type Pod } from './pods.js';
import { restrictedViolations } from './restricted-profile.js';

const CONTAINER = {
  name: 'main',
  image: 'a:1',
  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
};
const SAFE = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [CONTAINER],
};

function manifest(kind: string, name: string, rest: Record<string, unknown>): Manifest {
  return { apiVersion: 'v1', kind, metadata: { name, labels: { app: name }, annotations: {} }, ...rest };
}

function pod(spec: Record<string, unknown>): Pod {
  const owned = podOf(manifest('Pod', 'main', { spec: { ...SAFE, ...spec } }));
  if (owned === undefined) throw new Error('no pod');
  return owned.pod;
}

const container = (own: Record<string, unknown>): Pod => pod({ containers: [{ ...CONTAINER, ...own }] });
const context = (own: Record<string, unknown>): Pod =>
  container({ securityContext: { ...CONTAINER.securityContext, ...own } });

describe('the restricted profile', () => {
  it('is kept by a pod that gives everything up', () => {
    expect(restrictedViolations(pod({}))).to.deep.equal([]);
  });

  const table: [what: string, pod: Pod, violation: string][] = [
    ['the network of the node', pod({ hostNetwork: true }), 'hostNetwork'],
    ['a folder of the node', pod({ volumes: [{ name: 'x', hostPath: { path: '/' } }] }), 'volume x'],
    ['a port of the node', container({ ports: [{ containerPort: 1, hostPort: 1 }] }), 'ports of the node'],
    ['privileges', context({ privileged: true }), 'is privileged'],
    ['a way to privileges', context({ allowPrivilegeEscalation: undefined }), 'may gain privileges'],
    ['capabilities', context({ capabilities: { drop: ['NET_RAW'] } }), 'keeps capabilities'],
    [
      'one capability more',
      context({ capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } }),
      'adds capabilities',
    ],
    ['root by name', context({ runAsNonRoot: false }), 'may run as root'],
    ['root by number', context({ runAsUser: 0 }), 'may run as root'],
    ['every system call', context({ seccompProfile: { type: 'Unconfined' } }), 'no seccomp profile'],
    [
      'all of it in an init container',
      pod({ initContainers: [{ name: 'i', image: 'a:1' }] }),
      'i keeps capabilities',
    ],
  ];
  for (const [what, violating, violation] of table) {
    it(`is not kept by one that has ${what}`, () => {
      expect(restrictedViolations(violating).join('; ')).to.contain(violation);
    });
  }
});

describe('what a pod needs', () => {
  const needs = (env: unknown): Manifest =>
    manifest('Pod', 'main', { spec: { ...SAFE, containers: [{ ...CONTAINER, env: [env] }] } });
  const secretKey = (rest: object = {}): object => ({
    name: 'A',
    valueFrom: { secretKeyRef: { name: 'database', key: 'password', ...rest } },
  });

  it('is missed where nobody makes it', () => {
    expect(missing([needs(secretKey())])).to.deep.equal(['Pod main needs Secret database']);
  });

  it('is missed where its key is not there', () => {
    const secret = manifest('Secret', 'database', { stringData: { username: 'a' } });
    expect(missing([secret, needs(secretKey())])).to.deep.equal([
      'Pod main needs password in Secret database',
    ]);
  });

  it('is there where an ExternalSecret makes it', () => {
    const spec = { target: { name: 'database' }, data: [{ secretKey: 'password' }] };
    expect(missing([manifest('ExternalSecret', 'x', { spec }), needs(secretKey())])).to.deep.equal([]);
  });

  it('is not missed where it is optional', () => {
    expect(missing([needs(secretKey({ optional: true }))])).to.deep.equal([]);
  });
});

describe('a selector', () => {
  const main = manifest('Pod', 'main', { spec: SAFE });

  it('selects a pod that has its labels', () => {
    const service = manifest('Service', 's', { spec: { selector: { app: 'main' } } });
    expect(selectingNothing([service, main])).to.deep.equal([]);
  });

  it('selects nothing where a label differs', () => {
    const budget = manifest('PodDisruptionBudget', 'b', {
      spec: { selector: { matchLabels: { app: 'mian' } } },
    });
    expect(selectingNothing([budget, main])).to.have.length(1);
  });
});
