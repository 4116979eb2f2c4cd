import { expect } from 'chai';
import { CASES, renderedManifests } from './charts.js';
import { containersOf, isPinned, podsOf, type Container, type OwnedPod } from './pods.js';
import { restrictedViolations } from './restricted-profile.js';

/** Of all containers, those of which something holds, each with its pod. */
function containersThat(pods: readonly OwnedPod[], holds: (container: Container) => boolean): string[] {
  return pods.flatMap(({ owner, pod }) =>
    containersOf(pod)
      .filter(holds)
      .map(({ name }) => `${owner}: ${name}`),
  );
}

describe('pods of the charts', () => {
  for (const chartCase of CASES) {
    describe(chartCase.name, () => {
      let pods: OwnedPod[];

      before(async () => {
        pods = podsOf(await renderedManifests(chartCase));
      });

      it('keep the restricted Pod Security Standard', () => {
        const found = pods.flatMap(({ owner, pod }) =>
          restrictedViolations(pod).map((violation) => `${owner}: ${violation}`),
        );
        expect(found).to.deep.equal([]);
      });

      it('write to volumes only', () => {
        const found = containersThat(
          pods,
          ({ securityContext }) => securityContext.readOnlyRootFilesystem !== true,
        );
        expect(found).to.deep.equal([]);
      });

      it('run images whose version is pinned', () => {
        const images = new Set(pods.flatMap(({ pod }) => containersOf(pod).map(({ image }) => image)));
        expect([...images].filter((image) => !isPinned(image))).to.deep.equal([]);
      });

      it('request CPU and memory, and have a limit of memory', () => {
        const found = containersThat(
          pods,
          ({ resources: { requests, limits } }) =>
            requests['cpu'] === undefined ||
            requests['memory'] === undefined ||
            limits['memory'] === undefined,
        );
        expect(found).to.deep.equal([]);
      });

      it('have no key to the API server', () => {
        const found = pods.filter(({ pod }) => pod.automountServiceAccountToken !== false);
        expect(found.map(({ owner }) => owner)).to.deep.equal([]);
      });
    });
  }
});

describe('a pinned image', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const table: [image: string, isPinned: boolean][] = [
    ['localhost/retraining/serving:dev', true],
    [`registry.yandexcloud.net/crp/serving@${digest}`, true],
    [`registry.yandexcloud.net/crp/serving:1.0@${digest}`, true],
    ['localhost:5000/serving', false],
    ['serving', false],
    ['serving:latest', false],
    ['serving:', false],
  ];
  for (const [image, pinned] of table) {
    it(`${pinned ? 'is' : 'is not'} ${image}`, () => {
      expect(isPinned(image)).to.equal(pinned);
    });
  }
});
