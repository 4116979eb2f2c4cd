import { expect } from 'chai';
import { killTest } from '../../../bench/stream-kill/kill-test.js';
import { ScriptedTier } from '../../fakes/scripted-tier.js';
import { KAFKA_TIMEOUT_MS, type KafkaBroker, whyNoKafka } from '../../support/kafka-broker.js';
import { sharedKafkaBroker } from '../../support/shared-kafka-broker.js';

const MESSAGES = 3_000;
const KILLS = 2;

describe('the stream as a process', function () {
  this.timeout(4 * KAFKA_TIMEOUT_MS);

  const tier = new ScriptedTier();
  let broker: KafkaBroker;

  before(async function () {
    if (whyNoKafka() !== undefined) this.skip();
    broker = await sharedKafkaBroker();
    await Promise.all([broker.ensureRunning(), tier.start()]);
  });

  after(async () => {
    if (whyNoKafka() !== undefined) return;
    await tier.stop();
  });

  it('loses nothing when it is killed again and again, and repeats little', async () => {
    tier.delayMs = 5;
    const { lost, duplicates, deadLetters } = await killTest({
      broker: broker.address,
      tierUrl: tier.url,
      rows: Array.from({ length: MESSAGES }, (_, i) => `{"AGE":${i}}`),
      kills: KILLS,
      env: { STREAM_MAX_IN_FLIGHT: '16' },
    });
    expect(lost).to.equal(0);
    expect(deadLetters).to.equal(0);
    expect(duplicates).to.be.below(MESSAGES);
  });
});
