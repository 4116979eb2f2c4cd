import { expect } from 'chai';
import { destroyPlan, leftBalancers, leftVolumes } from '../../../../local/deploy/destroy-plan.js';
import { shellCommand } from '../../../../local/deploy/plan-text.js';

describe('the plan of a destruction', () => {
  it('uninstalls and waits for what Terraform does not know, and lets Terraform destroy last', () => {
    const steps = destroyPlan({
      releases: [
        { name: 'envoy-gateway', namespace: 'envoy-gateway-system', chart: 'gateway-helm-v1.9.1' },
        { name: 'platform', namespace: 'retraining', chart: 'platform-0.1.0' },
      ],
      namespace: 'retraining',
      terraformFolder: 'terraform/environments/dev',
      timeoutMinutes: 15,
    });
    const lines = steps.flatMap(({ commands }) => commands.map(shellCommand));
    const order = [
      /^helm -n retraining uninstall platform /,
      /^kubectl delete namespace retraining /,
      // Who deletes load balancers must be there still.
      /delete services -l gateway\.envoyproxy\.io/,
      /^kubectl get services -A/,
      /^helm -n envoy-gateway-system uninstall envoy-gateway /,
      /^kubectl wait pv --all --for=delete/,
      /^kubectl get pv/,
      /^terraform -chdir=terraform\/environments\/dev destroy -auto-approve/,
    ];
    expect(lines).to.have.length(order.length);
    order.forEach((pattern, position) => {
      expect(lines[position]).to.match(pattern);
    });
  });

  it('goes no further while a load balancer or a disk is there', () => {
    const item = (name: string, type?: string): object => ({
      metadata: { name, namespace: 'a' },
      spec: { type },
    });
    const services = JSON.stringify({ items: [item('in', 'ClusterIP'), item('out', 'LoadBalancer')] });
    expect(leftBalancers(services)).to.equal('These Services have load balancers still: a/out.');
    expect(leftBalancers('{"items": []}')).to.equal(undefined);
    const volumes = JSON.stringify({ items: [{ metadata: { name: 'pv-1' }, spec: {} }] });
    expect(leftVolumes(volumes)).to.equal('These volumes are there still: pv-1.');
    expect(leftVolumes('{"items": []}')).to.equal(undefined);
  });
});
