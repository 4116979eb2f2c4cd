import { expect } from 'chai';
import { requirePlayground } from '../../../../local/cluster/playground.js';
import { PlatformFailure } from '../../../../local/failure.js';

describe('the cluster of KUBECONFIG', () => {
  it('is used where its kind lives on one machine', () => {
    for (const context of [
      'kind-kind',
      'kind-retraining',
      'k3d-one',
      'minikube',
      'docker-desktop',
      'colima',
    ]) {
      expect(() => {
        requirePlayground(context, '');
      }, context).not.to.throw();
    }
  });

  it('is refused where it may be of everyday work, with what to say if it is not', () => {
    for (const context of ['yc-production', 'my-kind-cluster', 'minikube-production', 'default']) {
      expect(() => {
        requirePlayground(context, 'another');
      }, context)
        .to.throw(PlatformFailure, context)
        .with.property('remedy', `If it is one to play in: CLUSTER_CONFIRM=${context}`);
    }
  });

  it('is used where it is confirmed by its name', () => {
    expect(() => {
      requirePlayground('yc-playground', 'yc-playground');
    }).not.to.throw();
  });
});
