import { expect } from 'chai';
import { Intake } from '../../../src/stream/intake.js';
import { CapturedLog } from '../../fakes/captured-log.js';
import { eventually } from '../../support/eventually.js';
import { KAFKA_TIMEOUT_MS, whyNoKafka } from '../../support/kafka-broker.js';
import { sharedKafkaBroker } from '../../support/shared-kafka-broker.js';
import { StreamTopicsUnderTest } from '../../support/stream-topics.js';

const WITHIN_MS = 60_000;
/** Many times as long as an idle fetch lasts. */
const QUIET_MS = 1_500;

describe('the intake', function () {
  this.timeout(2 * KAFKA_TIMEOUT_MS);

  before(function () {
    if (whyNoKafka() !== undefined) this.skip();
  });

  it('fetches nothing while it is paused, and goes on where it stopped', async () => {
    const { address } = await sharedKafkaBroker();
    const topics = await StreamTopicsUnderTest.create(address, 1);
    const received: string[] = [];
    const intake = new Intake(
      {
        kafka: { brokers: [address], tls: undefined, sasl: undefined },
        ...{ groupId: `intake-${topics.names.input}`, topic: topics.names.input, sessionTimeoutMs: 30_000 },
      },
      {
        assigned: () => undefined,
        unsettled: () => undefined,
        ended: () => undefined,
        received: (_partition, messages) => received.push(...messages.map(({ key }) => String(key))),
      },
      new CapturedLog().logger,
    );
    intake.start();
    try {
      await topics.produce([{ key: 'A', value: '{}' }]);
      await eventually(() => {
        expect(received).to.deep.equal(['A']);
      }, WITHIN_MS);
      intake.setPaused(true);
      // One fetch may have been under way when it was told: B may come, C may not.
      await topics.produce([{ key: 'B', value: '{}' }]);
      await topics.produce([{ key: 'C', value: '{}' }]);
      const pausedMs = performance.now();
      await eventually(() => {
        expect(performance.now() - pausedMs).to.be.above(QUIET_MS);
      });
      expect(received).to.not.include('C');
      intake.setPaused(false);
      await eventually(() => {
        expect(received).to.deep.equal(['A', 'B', 'C']);
      }, WITHIN_MS);
    } finally {
      await intake.stop();
      await topics.close();
    }
  });
});
