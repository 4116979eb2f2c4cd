import { expect } from 'chai';
import { ConfigError, readConfig } from '../../../src/config.js';
import { thrown } from '../../support/rejection.js';

describe('settings of the prediction log and outcomes', () => {
  it('write files, every request up to a budget, unless they say otherwise', () => {
    expect(readConfig({}).feedback).to.deep.equal({
      target: {
        kind: 'file',
        directory: '.cache/feedback',
        segmentBytes: 64 * 1024 ** 2,
        segmentAgeMs: 15 * 60_000,
        maxPredictionBytes: 1024 ** 3,
        maxOutcomeBytes: 1024 ** 3,
      },
      predictions: {
        sampleRate: 1,
        rowsPerSecond: 1_000,
        rowsPerRequest: 100,
        redacted: [],
        queueBytes: 16 * 1024 ** 2,
      },
      outcomes: { maxPerRequest: 1_000, maxClockSkewMs: 300_000 },
    });
  });

  it('switch everything off', () => {
    expect(readConfig({ PREDICTION_LOG: 'off' }).feedback).to.equal(undefined);
  });

  it('are all of them taken', () => {
    const { feedback } = readConfig({
      PREDICTION_LOG_DIR: '/var/feedback',
      PREDICTION_LOG_SAMPLE_RATE: '0.1',
      PREDICTION_LOG_ROWS_PER_SECOND: '2',
      PREDICTION_LOG_ROWS_PER_REQUEST: '3',
      PREDICTION_LOG_REDACT: 'AGE, SEX',
      PREDICTION_LOG_QUEUE_BYTES: '4',
      PREDICTION_LOG_SEGMENT_BYTES: '5',
      PREDICTION_LOG_SEGMENT_MINUTES: '0.5',
      PREDICTION_LOG_MAX_BYTES: '20',
      OUTCOMES_MAX_PER_REQUEST: '6',
      OUTCOMES_MAX_CLOCK_SKEW_SECONDS: '7',
      OUTCOMES_MAX_BYTES: '8',
    });
    expect(feedback).to.deep.equal({
      target: {
        kind: 'file',
        directory: '/var/feedback',
        segmentBytes: 5,
        segmentAgeMs: 30_000,
        maxPredictionBytes: 20,
        maxOutcomeBytes: 8,
      },
      predictions: {
        sampleRate: 0.1,
        rowsPerSecond: 2,
        rowsPerRequest: 3,
        redacted: ['AGE', 'SEX'],
        queueBytes: 4,
      },
      outcomes: { maxPerRequest: 6, maxClockSkewMs: 7_000 },
    });
  });

  it('lead to Kafka, with certificates and a password from files', () => {
    const { feedback } = readConfig({
      PREDICTION_LOG: 'kafka',
      KAFKA_BROKERS: 'one:9092, two:9093',
      KAFKA_PREDICTION_TOPIC: 'scores',
      KAFKA_OUTCOME_TOPIC: 'labels',
      KAFKA_CA_FILE: '/ca',
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_USERNAME: 'serving',
      KAFKA_PASSWORD_FILE: '/password',
    });
    expect(feedback?.target).to.deep.equal({
      kind: 'kafka',
      predictionTopic: 'scores',
      outcomeTopic: 'labels',
      kafka: {
        brokers: ['one:9092', 'two:9093'],
        tls: { caFile: '/ca', certFile: undefined, keyFile: undefined },
        sasl: { mechanism: 'scram-sha-512', username: 'serving', passwordFile: '/password' },
      },
    });
  });

  for (const [variable, env] of [
    ['PREDICTION_LOG', { PREDICTION_LOG: 'disk' }],
    ['PREDICTION_LOG_SAMPLE_RATE', { PREDICTION_LOG_SAMPLE_RATE: '1.1' }],
    ['PREDICTION_LOG_ROWS_PER_SECOND', { PREDICTION_LOG_ROWS_PER_SECOND: '0' }],
    ['PREDICTION_LOG_MAX_BYTES', { PREDICTION_LOG_MAX_BYTES: '1000' }],
    ['OUTCOMES_MAX_PER_REQUEST', { OUTCOMES_MAX_PER_REQUEST: '0' }],
    ['KAFKA_BROKERS', { PREDICTION_LOG: 'kafka' }],
    ['KAFKA_BROKERS', { KAFKA_BROKERS: 'kafka' }],
    ['KAFKA_CERT_FILE', { KAFKA_CERT_FILE: '/cert' }],
    ['KAFKA_SASL_MECHANISM', { KAFKA_SASL_MECHANISM: 'plain', KAFKA_USERNAME: 'serving' }],
  ] as const) {
    it(`refuse ${JSON.stringify(env)} by name`, () => {
      expect(thrown(() => readConfig(env), ConfigError).message).to.match(new RegExp(` ${variable}[:.]`));
    });
  }
});
