import { expect } from 'chai';
import { readStreamConfig } from '../../../src/config.js';
import { replayDeadLetters } from '../../../src/stream/dead-letter-replay.js';
import { DEAD_LETTER_REASONS } from '../../../src/stream/disposition.js';
import { ScriptedTier } from '../../fakes/scripted-tier.js';
import { servingCli } from '../../support/command.js';
import { eventually } from '../../support/eventually.js';
import { KAFKA_TIMEOUT_MS, whyNoKafka } from '../../support/kafka-broker.js';
import { rejection } from '../../support/rejection.js';
import { sharedKafkaBroker } from '../../support/shared-kafka-broker.js';
import { StreamTopicsUnderTest } from '../../support/stream-topics.js';
import { StreamUnderTest, streamVariablesFor } from '../../support/stream-under-test.js';

const WITHIN_MS = 60_000;
const NOTHING = { replayed: 0, truncated: 0, exhausted: 0, foreign: 0 };

describe('replay-dead-letters', function () {
  this.timeout(2 * KAFKA_TIMEOUT_MS);

  const tier = new ScriptedTier();
  let topics: StreamTopicsUnderTest;
  let stream: StreamUnderTest;
  let env: Record<string, string>;

  async function letters(count: number): Promise<void> {
    await eventually(() => {
      expect(topics.deadLetters).to.have.length(count);
    }, WITHIN_MS);
  }

  function replay(options: Partial<Parameters<typeof replayDeadLetters>[1]> = {}) {
    return replayDeadLetters(readStreamConfig(env).stream, {
      ...{ reasons: DEAD_LETTER_REASONS, limit: Infinity, maxReplays: 3, dryRun: false },
      ...options,
    });
  }

  before(async function () {
    if (whyNoKafka() !== undefined) this.skip();
    await tier.start();
  });

  after(() => tier.stop());

  beforeEach(async () => {
    const { address } = await sharedKafkaBroker();
    tier.answer = (id) =>
      id.startsWith('refused') ? { status: 422, body: '{"code":"SIGNATURE_MISMATCH"}' } : 'score';
    topics = await StreamTopicsUnderTest.create(address, 2);
    env = { ...streamVariablesFor(address, topics, tier.url), STREAM_MAX_MESSAGE_BYTES: '1000' };
    stream = StreamUnderTest.start(env);
    await topics.produce([
      ...Array.from({ length: 6 }, (_, i) => ({ key: `refused-${i}`, value: `{"AGE":${i}}` })),
      { key: 'broken', value: '{"AGE":' },
      { key: 'large', value: 'x'.repeat(2_000) },
    ]);
    await letters(8);
  });

  afterEach(async () => {
    await stream.stop();
    await topics.close();
  });

  it('sends each again once, also after replays for other reasons, and says what it could not send', async () => {
    tier.answer = () => 'score';
    const args = ['replay-dead-letters', '--reason', 'rejected', '--limit', '4', '--json'];
    const first = await servingCli(args, env);
    expect(first.stderr).to.equal('');
    expect(JSON.parse(first.stdout)).to.deep.equal({
      dry_run: false,
      complete: false,
      reasons: { rejected: { ...NOTHING, replayed: 4 } },
    });
    await eventually(() => {
      expect(topics.scores).to.have.length(4);
    }, WITHIN_MS);

    expect((await replay({ dryRun: true })).reasons.rejected).to.deep.equal({ ...NOTHING, replayed: 2 });
    expect((await replay()).reasons).to.deep.equal({
      malformed: { ...NOTHING, replayed: 1 },
      oversized: { ...NOTHING, truncated: 1 },
      rejected: { ...NOTHING, replayed: 2 },
      poison: NOTHING,
      unexpected: NOTHING,
    });
    await eventually(() => {
      const scores = topics.scores.map(({ key }) => key).sort();
      expect(scores).to.deep.equal(Array.from({ length: 6 }, (_, i) => `refused-${i}`));
    }, WITHIN_MS);
    expect(JSON.parse(topics.scores[0]!.value!.toString())).to.include({ version: '7' });
    // The broken one is back, and nothing else.
    await letters(9);
    expect((await replay({ reasons: ['rejected', 'oversized'] })).reasons).to.deep.equal({
      oversized: NOTHING,
      rejected: NOTHING,
    });
  });

  it('leaves where it is what came back too often', async () => {
    for (const round of [1, 2]) {
      const { reasons } = await replay({ reasons: ['rejected'], maxReplays: 2 });
      expect(reasons.rejected).to.deep.equal({ ...NOTHING, replayed: 6 });
      await letters(8 + 6 * round);
      const again = topics.deadLetters.slice(-6);
      expect(again.map(({ headers }) => headers['replays'])).to.deep.equal(Array(6).fill(String(round)));
    }
    const { reasons } = await replay({ reasons: ['rejected'], maxReplays: 2 });
    expect(reasons.rejected).to.deep.equal({ ...NOTHING, exhausted: 6 });
  });

  it('writes to no other topic than the one that is read', async () => {
    env['STREAM_INPUT_TOPIC'] = `${topics.names.input}-2`;
    const { reasons } = await replay({ reasons: ['rejected'] });
    expect(reasons.rejected).to.deep.equal({ ...NOTHING, foreign: 6 });
  });

  it('remembers nothing that was not written', async () => {
    await stream.stop();
    await topics.remove(topics.names.input);
    await rejection(replay({ reasons: ['rejected'] }), Error);
    const { reasons } = await replay({ reasons: ['rejected'], dryRun: true });
    expect(reasons.rejected).to.deep.equal({ ...NOTHING, replayed: 6 });
  });
});
