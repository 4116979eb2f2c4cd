import { expect } from 'chai';
import { CASES, chartFolder, HELM, renderedManifests, renderedText } from './charts.js';
import { conformance, outputOf } from './conformance.js';
import { missing, selectingNothing } from './references.js';

describe('manifests of the charts', () => {
  for (const chartCase of CASES) {
    describe(chartCase.name, () => {
      it('pass helm lint without a warning', async () => {
        const values = chartCase.values.flatMap((file) => ['--values', file]);
        const printed = await outputOf(HELM, ['lint', '--strict', chartFolder(chartCase.chart), ...values]);
        expect(printed).to.contain('0 chart(s) failed').and.not.to.contain('[WARNING]');
      });

      it("have no field that Kubernetes' or an operator's schema does not know", async () => {
        const { resources, summary } = await conformance(await renderedText(chartCase));
        expect(resources.map(({ kind, name, msg }) => `${kind} ${name}: ${msg}`)).to.deep.equal([]);
        expect(summary.valid).to.be.greaterThan(0);
        expect(summary.skipped).to.equal(0);
      });

      it('are each there once', async () => {
        const names = (await renderedManifests(chartCase)).map(
          ({ apiVersion, kind, metadata: { namespace = '', name } }) =>
            `${apiVersion} ${kind} ${namespace}/${name}`,
        );
        expect(names.filter((name, index) => names.indexOf(name) !== index)).to.deep.equal([]);
      });

      it('tell which chart and release they are of, and of what they are a part', async () => {
        const known = ['name', 'instance', 'version', 'part-of', 'managed-by'];
        const unlabelled = (await renderedManifests(chartCase)).filter(
          ({ metadata: { labels } }) =>
            labels['app.kubernetes.io/part-of'] !== 'retraining-platform' ||
            known.some((label) => labels[`app.kubernetes.io/${label}`] === undefined),
        );
        expect(unlabelled.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).to.deep.equal([]);
      });

      it('select pods by labels that pods have', async () => {
        expect(selectingNothing(await renderedManifests(chartCase))).to.deep.equal([]);
      });
    });
  }
});

// A chart alone may be given Secrets that somebody else has made. An environment must be complete.
describe('an environment', () => {
  for (const chartCase of CASES.filter(({ values: [file = ''] }) => file.includes('/values/'))) {
    it(`makes every Secret and ConfigMap, with every key, that its pods need: ${chartCase.name}`, async () => {
      expect(missing(await renderedManifests(chartCase))).to.deep.equal([]);
    });
  }
});

describe('a schema that kubeconform holds manifests against', () => {
  const head = (apiVersion: string, kind: string): string =>
    `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: x }\n`;
  const refused: [what: string, manifest: string][] = [
    ['a field of Kubernetes that is misspelt', `${head('v1', 'Service')}spec: { selektor: {} }`],
    ['a misspelt label', 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x, lables: {} }'],
    [
      'a field of an operator that is misspelt',
      `${head('monitoring.coreos.com/v1', 'ServiceMonitor')}spec: { selector: {}, endpoints: [{ prot: http }] }`,
    ],
    ['a text for a number', `${head('autoscaling/v2', 'HorizontalPodAutoscaler')}spec: { maxReplicas: six }`],
    ['a kind that nobody knows', `${head('example.com/v1', 'Nothing')}spec: {}`],
  ];
  for (const [what, manifest] of refused) {
    it(`refuses ${what}`, async () => {
      const { resources } = await conformance(manifest);
      expect(resources).to.have.length(1);
    });
  }
});
