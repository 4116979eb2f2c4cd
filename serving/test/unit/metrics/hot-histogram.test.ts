import { expect } from 'chai';
import fc from 'fast-check';
import {
  AggregatorRegistry,
  Histogram,
  Registry,
  type MetricObjectWithValues,
  type MetricValue,
} from 'prom-client';
import { HotHistogram } from '../../../src/metrics/hot-histogram.js';
import { sampleOf, samplesIn } from '../../support/metric-samples.js';

type Labels = Readonly<Record<'model' | 'alias', string>>;

const CONFIGURATION = {
  name: 'serving_thing_duration_seconds',
  help: 'Of a thing,\nin two lines \\',
  labelNames: ['model', 'alias'] as const,
  buckets: [0.001, 0.01, 0.1, 1, 10],
};
const FIRST: Labels = { model: 'toy', alias: 'champion' };
const SECOND: Labels = { model: 'a "quote" \\ \n', alias: 'challenger' };

/** The same observations in both kinds of histogram, each in a registry of its own. */
class Twins {
  readonly hot = new Registry();
  readonly plain = new Registry();
  readonly histogram = new HotHistogram({ ...CONFIGURATION, registers: [this.hot] });
  readonly #plain = new Histogram({ ...CONFIGURATION, registers: [this.plain] });

  observe(labels: Labels, ...values: number[]): ReturnType<HotHistogram<'model' | 'alias'>['series']> {
    const series = this.histogram.series(labels);
    for (const value of values) {
      series.observe(value);
      this.#plain.observe(labels, value);
    }
    return series;
  }

  forget(labels: Labels): void {
    this.#plain.remove(labels);
  }
}

describe('HotHistogram', () => {
  const values = [0, 0.0005, 0.001, 0.0010001, 0.5, 1, 9.99, 10, 11, 1e6];

  it("writes the text that prom-client's own histogram writes", async () => {
    const twins = new Twins();
    twins.observe(FIRST, ...values);
    twins.observe(SECOND, 0.02);
    expect(await twins.hot.metrics()).to.equal(await twins.plain.metrics());
  });

  it('writes the same samples with labels that the registry adds', async () => {
    const twins = new Twins();
    twins.observe(FIRST, ...values);
    for (const registry of [twins.hot, twins.plain]) registry.setDefaultLabels({ worker: '1' });
    const [hot, plain] = await Promise.all([twins.hot.metrics(), twins.plain.metrics()]);
    expect(samplesIn(hot)).to.deep.equal(samplesIn(plain));
    expect(sampleOf(hot, `${CONFIGURATION.name}_count`, { worker: '1' })).to.equal(values.length);
  });

  it('writes the same text for any observations', async () => {
    const numbers = fc.array(fc.double({ min: 0, max: 20, noNaN: true }), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(numbers, async (observed) => {
        const twins = new Twins();
        twins.observe(FIRST, ...observed);
        expect(await twins.hot.metrics()).to.equal(await twins.plain.metrics());
      }),
    );
  });

  it('gives workers the same to send, and the primary the same to add up', async () => {
    const workers = [new Twins(), new Twins()];
    workers[0]!.observe(FIRST, ...values);
    workers[0]!.observe(SECOND, 3);
    workers[1]!.observe(FIRST, 0.5, 0.05);
    const sent = (registry: Registry) => registry.getMetricsAsJSON();
    // As between processes.
    const overTheWire = async (registries: readonly Registry[]) =>
      JSON.parse(JSON.stringify(await Promise.all(registries.map(sent)))) as Awaited<
        ReturnType<typeof sent>
      >[];
    const hot = await overTheWire(workers.map(({ hot: registry }) => registry));
    const plain = await overTheWire(workers.map(({ plain: registry }) => registry));
    expect(hot.map(([metric]) => described(metric!))).to.deep.equal(
      plain.map(([metric]) => described(metric!)),
    );
    const sum = await AggregatorRegistry.aggregate(hot).metrics();
    expect(sum).to.equal(await AggregatorRegistry.aggregate(plain).metrics());
    expect(sum).to.match(/_count\{model="toy",alias="champion"\} 12\n/);
  });

  it('has no series before the first, as the other has none', async () => {
    const twins = new Twins();
    expect(await twins.hot.metrics()).to.equal(await twins.plain.metrics());
  });

  it('forgets a series that is dropped, and leaves the others', async () => {
    const twins = new Twins();
    const dropped = twins.observe(FIRST, 1);
    twins.observe(SECOND, 2);
    twins.histogram.drop(dropped);
    twins.forget(FIRST);
    expect(await twins.hot.metrics()).to.equal(await twins.plain.metrics());
  });
});

/** A metric as it is sent, without what means nothing: the order of labels, and exemplars, which we have none of. */
function described({ values, ...metric }: MetricObjectWithValues<MetricValue<string>>): unknown {
  const sorted = values.map(({ value, labels, ...rest }) => [
    'metricName' in rest ? rest.metricName : undefined,
    Object.entries(labels).sort(),
    value,
  ]);
  return { ...metric, values: sorted };
}
