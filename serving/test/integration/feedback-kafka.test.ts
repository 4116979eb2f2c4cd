import { expect } from 'chai';
import { Kafka, logLevel } from 'kafkajs';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { eventually } from '../support/eventually.js';
import { KAFKA_TIMEOUT_MS, KafkaBroker, whyNoKafka } from '../support/kafka-broker.js';
import { sampleOf } from '../support/metric-samples.js';
import { PACKAGES_TIMEOUT_MS, realPackages } from '../support/model-packages.js';
import { problemIn, TierUnderTest } from '../support/tier-under-test.js';

interface Message {
  readonly topic: string;
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

const TOPICS = ['prediction-log', 'prediction-outcomes'] as const;

describe('prediction log and outcomes in Kafka', function () {
  // It is started and looked for in one test.
  this.timeout(3 * KAFKA_TIMEOUT_MS);

  const messages: Message[] = [];
  let broker: KafkaBroker;
  let tier: TierUnderTest;
  let row: readonly unknown[];
  let stopReading: (() => Promise<void>) | undefined;

  function predict(requestId: string) {
    return tier.predict([row], { headers: { 'x-request-id': requestId } });
  }

  function bring(requestId: string) {
    return tier.post('/outcomes', { request_id: requestId, label: 1, observed_at: '2026-01-31T00:00:00Z' });
  }

  function keysOf(topic: string): string[] {
    return messages.filter((message) => message.topic === topic).map(({ key }) => key);
  }

  async function readTopics(): Promise<void> {
    const kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: TOPICS.map((topic) => ({ topic })), waitForLeaders: true });
    await admin.disconnect();
    const consumer = kafka.consumer({ groupId: 'reader' });
    await consumer.connect();
    await consumer.subscribe({ topics: [...TOPICS], fromBeginning: true });
    await consumer.run({
      eachMessage: ({ topic, message }) => {
        const value = JSON.parse(message.value!.toString()) as Message['value'];
        messages.push({ topic, key: message.key!.toString(), value });
        return Promise.resolve();
      },
    });
    stopReading = () => consumer.disconnect();
  }

  before(async function () {
    this.timeout(KAFKA_TIMEOUT_MS + PACKAGES_TIMEOUT_MS);
    if (whyNoKafka() !== undefined) this.skip();
    const { tensorA } = await realPackages();
    row = tensorA.manifest.golden.rows[0]!;
    broker = await KafkaBroker.create();
    const registry = new FakeRegistry();
    registry.promote(tensorA);
    // The tier is there before its broker is.
    tier = await TierUnderTest.startReady(registry, {
      PREDICTION_LOG: 'kafka',
      KAFKA_BROKERS: broker.address,
    });
  });

  after(async () => {
    if (whyNoKafka() !== undefined) return;
    await stopReading?.();
    await tier.stop();
    await broker.kill();
  });

  it('answers predictions and refuses outcomes while there is no broker', async () => {
    expect((await predict('early')).status).to.equal(200);
    const refused = await bring('early');
    expect(problemIn(refused).code).to.equal('OUTCOMES_NOT_STORED');
    await eventually(async () => {
      const lost = { result: 'write_failed' };
      expect(sampleOf(await tier.metrics(), 'serving_prediction_log_rows_total', lost)).to.equal(1);
    }, KAFKA_TIMEOUT_MS);
  });

  it('sends both, keyed by request id, when the broker is there', async () => {
    await broker.ensureRunning();
    await readTopics();
    await eventually(async () => {
      expect((await bring('kept')).status).to.equal(202);
    }, KAFKA_TIMEOUT_MS);
    expect((await bring('kept')).json).to.deep.equal({ accepted: 0, duplicates: 1 });
    await predict('logged');
    await eventually(() => {
      expect(new Set(keysOf('prediction-outcomes'))).to.deep.equal(new Set(['kept']));
      expect(keysOf('prediction-log')).to.include('logged');
    }, KAFKA_TIMEOUT_MS);
    const outcome = messages.find(({ topic }) => topic === 'prediction-outcomes')!.value;
    expect(outcome).to.include({
      request_id: 'kept',
      row: 0,
      label: 1,
      observed_at: '2026-01-31T00:00:00.000Z',
    });
    const logged = messages.find(({ key }) => key === 'logged')!.value;
    expect(logged).to.include({ request_id: 'logged', row: 0, model: 'small-tensor', weight: 1 });
  });

  it('lets no prediction wait for a broker that has gone, and goes on when it is back', async () => {
    await broker.kill();
    // Not even half a second each.
    const started = performance.now();
    for (let i = 0; i < 50; i += 1) expect((await predict(`meanwhile-${i}`)).status).to.equal(200);
    expect(performance.now() - started).to.be.lessThan(25_000);
    expect(problemIn(await bring('meanwhile')).code).to.equal('OUTCOMES_NOT_STORED');
    await broker.ensureRunning();
    await eventually(async () => {
      expect((await bring('meanwhile')).status).to.equal(202);
    }, KAFKA_TIMEOUT_MS);
    await eventually(() => {
      // One that was in doubt may be there twice: readers take that for one.
      expect(keysOf('prediction-outcomes')).to.include('meanwhile');
    }, KAFKA_TIMEOUT_MS);
  });
});
