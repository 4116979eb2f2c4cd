import { expect } from 'chai';
import { readConfig } from '../../../src/config.js';
import type { TracingSettings } from '../../../src/observability/tracing-settings.js';

function settings(env: Readonly<Record<string, string>>): TracingSettings | undefined {
  return readConfig(env).tracing;
}

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

describe('tracingSettings', () => {
  const off: readonly Readonly<Record<string, string>>[] = [
    {},
    { OTEL_TRACES_SAMPLER: 'always_on' },
    { ...ENDPOINT, OTEL_SDK_DISABLED: 'true' },
    { ...ENDPOINT, OTEL_SDK_DISABLED: ' TRUE' },
    { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' },
    { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: '' },
  ];
  for (const env of off) {
    it(`is off with ${JSON.stringify(env)}`, () => {
      expect(settings(env)).to.equal(undefined);
    });
  }

  it('has the defaults of OpenTelemetry once there is an endpoint', () => {
    expect(settings(ENDPOINT)).to.deep.equal({
      url: 'http://collector:4318/v1/traces',
      protocol: 'http/protobuf',
      sampler: 'parentbased_always_on',
      samplerRatio: 1,
      propagates: true,
      scheduleDelayMs: 5_000,
      maxQueuedSpans: 2_048,
      maxBatchSpans: 512,
    });
  });

  const urls: readonly (readonly [env: Readonly<Record<string, string>>, url: string])[] = [
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' }, 'http://collector:4318/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://gateway/otlp/' }, 'https://gateway/otlp/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://traces:4318/mine' }, 'http://traces:4318/mine'],
    [{ ...ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://traces:1/' }, 'http://traces:1/'],
    [{ ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'http://collector:4318'],
  ];
  for (const [env, url] of urls) {
    it(`exports to ${url} with ${JSON.stringify(env)}`, () => {
      expect(settings(env)?.url).to.equal(url);
    });
  }

  it('lets the variable of traces win over the one of all signals', () => {
    const env = {
      ...ENDPOINT,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'grpc',
    };
    expect(settings(env)).to.include({ protocol: 'grpc', url: 'http://collector:4318' });
  });

  for (const [propagators, propagates] of [
    ['tracecontext', true],
    ['baggage, tracecontext', true],
    ['baggage', false],
    ['none', false],
  ] as const) {
    it(`${propagates ? 'takes part in' : 'stays out of'} the traces of others with ${propagators}`, () => {
      expect(settings({ ...ENDPOINT, OTEL_PROPAGATORS: propagators })?.propagates).to.equal(propagates);
    });
  }

  it('sends no more spans at once than may wait', () => {
    expect(settings({ ...ENDPOINT, OTEL_BSP_MAX_QUEUE_SIZE: '10' })?.maxBatchSpans).to.equal(10);
    expect(settings({ ...ENDPOINT, OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '10' })?.maxBatchSpans).to.equal(10);
  });

  const wrong: readonly (readonly [name: string, value: string])[] = [
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4317'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'ftp://collector'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'http/json'],
    ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'thrift'],
    ['OTEL_TRACES_SAMPLER', 'sometimes'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.5'],
    ['OTEL_PROPAGATORS', 'tracecontext,b3'],
    ['OTEL_TRACES_EXPORTER', 'zipkin'],
    ['OTEL_BSP_SCHEDULE_DELAY', '0'],
    ['OTEL_BSP_MAX_QUEUE_SIZE', 'many'],
  ];
  for (const [name, value] of wrong) {
    it(`refuses ${name}=${value} by name`, () => {
      expect(() => settings({ [name]: value })).to.throw(new RegExp(`${name}[:.]`));
    });
  }
});
