import { expect } from 'chai';
import { imagesIn, imagesToLoad } from '../../../../local/cluster/platform-images.js';

const MANIFESTS = `
apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      initContainers: [{ name: migrate, image: ours/mlflow:dev }]
      containers:
        - { name: mlflow, image: ours/mlflow:dev }
---
---
apiVersion: batch/v1
kind: CronJob
spec: { jobTemplate: { spec: { template: { spec: { containers: [{ name: job, image: docker.io/library/busybox:1 }] } } } } }
---
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
spec: { image: "prometheus:v3", version: v3 }
---
apiVersion: v1
kind: ConfigMap
data: { image.txt: "not/this:one", image: { registry: nor, tag: this } }
`;

function node(images: readonly string[], loaded?: unknown) {
  const annotations: Record<string, string> =
    loaded === undefined ? {} : { 'retraining-platform/loaded-images': JSON.stringify(loaded) };
  return { metadata: { name: 'node', annotations }, status: { images: [{ names: [...images] }] } };
}

describe('images of the platform', () => {
  it('are those that its objects name, each once, wherever they name them', () => {
    expect(imagesIn(MANIFESTS)).to.deep.equal([
      'ours/mlflow:dev',
      'docker.io/library/busybox:1',
      'prometheus:v3',
    ]);
  });

  const ids = new Map([['ours/a:dev', 'id-1']]);
  for (const [what, nodes, expected] of [
    ['a new cluster', [node([])], ['ours/a:dev']],
    ['a cluster that has this very one', [node(['ours/a:dev'], { 'ours/a:dev': 'id-1' })], []],
    ['a cluster that has an older one', [node(['ours/a:dev'], { 'ours/a:dev': 'id-0' })], ['ours/a:dev']],
    ['a node that has deleted it since', [node([], { 'ours/a:dev': 'id-1' })], ['ours/a:dev']],
    [
      'a cluster of which one node has not got it',
      [node(['ours/a:dev'], { 'ours/a:dev': 'id-1' }), node([])],
      ['ours/a:dev'],
    ],
    ['a note that nobody can read', [node(['ours/a:dev'], 'nonsense')], ['ours/a:dev']],
  ] as const) {
    it(`are ${expected.length === 0 ? 'not ' : ''}loaded into ${what}`, () => {
      expect(imagesToLoad(ids, nodes)).to.deep.equal(expected);
    });
  }

  it('are loaded every time where no builder tells their ids', () => {
    const known = [node(['ours/a:dev'], { 'ours/a:dev': '' })];
    expect(imagesToLoad(new Map([['ours/a:dev', undefined]]), known)).to.deep.equal(['ours/a:dev']);
  });
});
