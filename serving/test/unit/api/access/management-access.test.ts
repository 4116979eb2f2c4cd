import { expect } from 'chai';
import { ManagementAccess } from '../../../../src/api/access/management-access.js';

describe('access to the management port', () => {
  const closed = new ManagementAccess({ allow: ['127.0.0.0/8', '::1'], metricsAllow: [], names: [] });
  const opened = new ManagementAccess({
    allow: ['127.0.0.1', '192.0.2.0/24'],
    metricsAllow: ['10.0.0.0/8'],
    names: ['serving.example', '*.serving.bank.svc'],
  });

  interface Case {
    readonly access?: ManagementAccess;
    readonly path?: string;
    readonly from: string | undefined;
    readonly host?: string | undefined;
    readonly may: boolean;
  }
  const cases: Record<string, Case> = {
    'somebody on this machine': { from: '127.0.0.1', may: true },
    'the same over IPv6': { from: '::1', host: '[::1]:8082', may: true },
    'the same on a socket for both': { from: '::ffff:127.0.0.1', may: true },
    'somebody else': { from: '10.1.2.3', may: false },
    'somebody who is gone': { from: undefined, may: false },
    'a probe from the node, for liveness': {
      path: '/health/live',
      from: '10.1.2.3',
      host: '10.4.5.6:8082',
      may: true,
    },
    'a probe from the node, for readiness': { path: '/health/ready', from: '10.1.2.3', may: true },
    'a probe in other letters': { path: '/Health/Ready', from: '10.1.2.3', may: false },
    'a path below another': { path: '/health/ready/x', from: '10.1.2.3', may: false },
    'the registry, which signs its webhooks': { path: '/webhooks/mlflow', from: '10.1.2.3', may: true },
    'whoever has the admin token': { path: '/admin/reload', from: '10.1.2.3', may: true },
    'any other admin path': { path: '/admin/other', from: '10.1.2.3', may: false },
    'Prometheus, where nobody opened metrics': { path: '/metrics', from: '10.1.2.3', may: false },
    'Prometheus, where somebody did': {
      access: opened,
      path: '/metrics',
      from: '10.1.2.3',
      host: '10.4.5.6:8082',
      may: true,
    },
    'Prometheus, for more than metrics': { access: opened, path: '/status', from: '10.1.2.3', may: false },
    'an allowed network': { access: opened, from: '192.0.2.9', may: true },
    'an allowed network, for metrics': { access: opened, path: '/metrics', from: '192.0.2.9', may: true },
    'a page whose name was made to point here': { from: '127.0.0.1', host: 'evil.example', may: false },
    'the same with the port': { from: '127.0.0.1', host: 'evil.example:8082', may: false },
    'the same on the way to metrics': {
      path: '/metrics',
      from: '127.0.0.1',
      host: 'evil.example',
      may: false,
    },
    'a name that begins like this machine': { from: '127.0.0.1', host: 'localhost.evil.example', may: false },
    'a name that ends like this machine': { from: '127.0.0.1', host: 'evil-localhost', may: false },
    'no name at all': { from: '127.0.0.1', host: '', may: false },
    'HTTP/1.0 without a name': { from: '127.0.0.1', host: undefined, may: true },
    'this machine by its name': { from: '127.0.0.1', host: 'LOCALHOST:8082', may: true },
    'this machine by its whole name': { from: '127.0.0.1', host: 'localhost.', may: true },
    'any address': { from: '127.0.0.1', host: '198.51.100.7:8082', may: true },
    'a configured name': { access: opened, from: '127.0.0.1', host: 'Serving.Example:80', may: true },
    'a name below a configured one': {
      access: opened,
      from: '127.0.0.1',
      host: 'pod-0.serving.bank.svc',
      may: true,
    },
    'a name that only ends like it': {
      access: opened,
      from: '127.0.0.1',
      host: 'evil-serving.bank.svc',
      may: false,
    },
  };
  for (const [who, { access = closed, path = '/status', from, may, ...rest }] of Object.entries(cases)) {
    it(`${may ? 'lets in' : 'turns away'} ${who}`, () => {
      const host = 'host' in rest ? rest.host : 'localhost:8082';
      const objection = access.objection({ path, remoteAddress: from, host });
      expect(objection?.code).to.equal(may ? undefined : 'FORBIDDEN');
    });
  }

  it('says which setting would open it, and repeats nothing that the client sent', () => {
    const say = (path: string, from: string, host: string): string =>
      closed.objection({ path, remoteAddress: from, host })!.message;
    expect(say('/metrics', '10.1.2.3', 'localhost')).to.include('METRICS_ALLOW');
    expect(say('/status', '10.1.2.3', 'localhost')).to.include('MANAGEMENT_ALLOW');
    expect(say('/status', '127.0.0.1', '<script>'))
      .to.include('MANAGEMENT_NAMES')
      .and.not.include('script');
  });
});
