import { expect } from 'chai';
import { missingAddons } from '../../../../local/cluster/cluster-addons.js';

const GATEWAY = `---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
spec:
  gatewayClassName: envoy
`;
const RULE = '---\napiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\n';
const GATEWAY_API = 'gateway.networking.k8s.io/v1';

function missing(manifests: string, apiVersions: string[], gatewayClasses: string[] = []): string[] {
  return missingAddons(manifests, { apiVersions, gatewayClasses }).map(({ name }) => name);
}

describe('what a cluster lacks for the platform', () => {
  it('is nothing where no object needs it', () => {
    expect(missing('apiVersion: v1\nkind: Service\n', ['v1'])).to.deep.equal([]);
  });

  it('is what knows the kinds of its objects', () => {
    expect(missing(GATEWAY + RULE, ['v1', 'apps/v1'])).to.deep.equal(['gateway', 'monitoring']);
    expect(missing(RULE, ['monitoring.coreos.com/v1'])).to.deep.equal([]);
  });

  it('is what implements a Gateway, too', () => {
    expect(missing(GATEWAY, [GATEWAY_API])).to.deep.equal(['gateway']);
    expect(missing(GATEWAY, [GATEWAY_API], ['cilium'])).to.deep.equal(['gateway']);
    expect(missing(GATEWAY, [GATEWAY_API], ['cilium', 'envoy'])).to.deep.equal([]);
  });
});
