import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ScriptedTier, type ScriptedAnswer } from '../../fakes/scripted-tier.js';
import { eventually } from '../../support/eventually.js';
import { KAFKA_TIMEOUT_MS, type KafkaBroker, whyNoKafka } from '../../support/kafka-broker.js';
import { samplesIn } from '../../support/metric-samples.js';
import { sharedKafkaBroker } from '../../support/shared-kafka-broker.js';
import { StreamUnderTest, streamVariablesFor } from '../../support/stream-under-test.js';
import { countKeys, StreamTopicsUnderTest } from '../../support/stream-topics.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const WITHIN_MS = 60_000;
/** As in streamVariablesFor. */
const SESSION_MS = 8_000;

function problem(status: number, code: string, headers: Record<string, string> = {}): ScriptedAnswer {
  return { status, headers, body: JSON.stringify({ status, code }) };
}

function applications(count: number, prefix = 'A') {
  return Array.from({ length: count }, (_, i) => ({ key: `${prefix}-${i}`, value: `{"AGE":${i}}` }));
}

describe('the stream', function () {
  this.timeout(3 * KAFKA_TIMEOUT_MS);

  let broker: KafkaBroker;
  let tier: ScriptedTier;
  let topics: StreamTopicsUnderTest;
  let streams: StreamUnderTest[];

  function start(env: Readonly<Record<string, string>> = {}): StreamUnderTest {
    const stream = StreamUnderTest.start({ ...streamVariablesFor(broker.address, topics, tier.url), ...env });
    streams.push(stream);
    return stream;
  }

  async function allScored(count: number): Promise<void> {
    await eventually(() => {
      expect(countKeys(topics.scores).keys).to.equal(count);
    }, WITHIN_MS);
  }

  async function committed(count: number): Promise<void> {
    await eventually(async () => {
      expect(await topics.committed(`group-${topics.names.input}`)).to.equal(count);
    }, WITHIN_MS);
  }

  before(async function () {
    if (whyNoKafka() !== undefined) this.skip();
    broker = await sharedKafkaBroker();
  });

  beforeEach(async () => {
    await broker.ensureRunning();
    tier = new ScriptedTier();
    await tier.start();
    topics = await StreamTopicsUnderTest.create(broker.address);
    streams = [];
  });

  afterEach(async () => {
    await Promise.all(streams.map((stream) => stream.stop()));
    await topics.close();
    await tier.stop();
  });

  it('scores applications under their keys, says which version did, and commits', async () => {
    const stream = start();
    await topics.produce(applications(50));
    await allScored(50);
    const { key, value } = topics.scores.find((score) => score.key === 'A-7')!;
    const score = JSON.parse(value!.toString()) as Record<string, unknown>;
    expect(score).to.deep.include({
      application_id: key,
      request_id: key,
      model: 'scripted',
      version: '7',
      outputs: { score: 0.5 },
    });
    expect(score['source'])
      .to.include({ topic: topics.names.input })
      .and.have.keys('topic', 'partition', 'offset');
    expect(Date.parse(String(score['scored_at']))).to.be.closeTo(Date.now(), WITHIN_MS);
    expect(tier.asked).to.include('A-7');
    await committed(50);
    expect(await stream.metric('stream_messages_total', { result: 'scored' })).to.equal(50);
    expect(await stream.metric('stream_message_age_seconds_count')).to.equal(50);
    await eventually(async () => {
      const lags = samplesIn(await stream.metrics()).filter(({ name }) => name === 'stream_consumer_lag');
      expect(lags.map(({ labels }) => labels['topic'])).to.deep.equal(Array(6).fill(topics.names.input));
      expect(lags.every(({ value: lag }) => lag === 0)).to.equal(true);
    });
  });

  it('puts what can not be scored among the dead letters, with the reason, and goes on', async () => {
    tier.answer = (id) => {
      if (id === 'refused') return problem(422, 'SIGNATURE_MISMATCH');
      if (id === 'failing') return problem(500, 'PREDICTION_FAILED');
      return id === 'garbage' ? { status: 200, body: 'It works!' } : 'score';
    };
    const stream = start({ STREAM_MAX_MESSAGE_BYTES: '1000', STREAM_POISON_ATTEMPTS: '3' });
    const bad = [
      { key: 'broken', value: '{"AGE":' },
      { key: 'large', value: JSON.stringify({ note: 'x'.repeat(2_000) }) },
      { key: 'refused', value: '{"AGE":-1}' },
      { key: 'failing', value: '{"AGE":1}' },
      { key: 'garbage', value: '{"AGE":2}' },
      { key: null, value: '{"AGE":3}' },
    ];
    await topics.produce([...bad, ...applications(20)]);
    // Others are answered while the two are tried again.
    await eventually(async () => {
      await topics.produce(applications(1, `later-${Math.random()}`));
      expect(countKeys(topics.deadLetters).keys).to.equal(bad.length);
    }, WITHIN_MS);
    const reasons = topics.deadLetters.map(({ key, headers }) => [key, headers['reason']]);
    expect(Object.fromEntries(reasons)).to.deep.equal({
      broken: 'malformed',
      large: 'oversized',
      refused: 'rejected',
      failing: 'poison',
      garbage: 'unexpected',
      '': 'malformed',
    });
    for (const { key, value } of bad) {
      const letter = topics.deadLetters.find((found) => found.key === (key ?? ''))!;
      expect(letter.headers['source-topic']).to.equal(topics.names.input);
      expect(letter.headers).to.include.keys('detail', 'source-partition', 'source-offset');
      const text = letter.value!.toString();
      expect(text).to.equal(value.slice(0, text.length));
      expect(letter.headers['truncated']).to.equal(key === 'large' ? 'true' : undefined);
    }
    expect(topics.deadLetters.find(({ key }) => key === 'refused')!.headers['detail']).to.contain(
      'SIGNATURE_MISMATCH',
    );
    // A reader may see a letter before its writer is told that it is there.
    await eventually(async () => {
      for (const reason of ['oversized', 'rejected', 'poison', 'unexpected']) {
        expect(await stream.metric('stream_dead_letters_total', { reason })).to.equal(1);
      }
    });
    await eventually(() => {
      expect(topics.scores.map(({ key }) => key)).to.include('A-19');
    });
  });

  it('drops nothing while the tier sheds, fails for all, denies or has no model', async () => {
    const answers: ScriptedAnswer[] = [
      problem(503, 'OVERLOADED', { 'retry-after': '1' }),
      problem(429, 'RATE_LIMITED', { 'retry-after': '1' }),
      problem(500, 'INTERNAL'),
      problem(401, 'UNAUTHORIZED'),
      problem(404, 'MODEL_NOT_FOUND'),
      problem(503, 'MODEL_NOT_READY'),
      'cut',
    ];
    let isWell = false;
    let turn = 0;
    tier.answer = () => (isWell ? 'score' : answers[(turn += 1) % answers.length]!);
    const stream = start({ STREAM_POISON_ATTEMPTS: '2' });
    await topics.produce(applications(60));
    await eventually(async () => {
      for (const reason of ['overloaded', 'failed', 'denied', 'not_ready', 'unreachable']) {
        expect(await stream.metric('stream_predict_retries_total', { reason })).to.be.above(3);
      }
    }, WITHIN_MS);
    expect(await topics.committed(`group-${topics.names.input}`)).to.equal(0);
    isWell = true;
    await allScored(60);
    expect(topics.deadLetters).to.deep.equal([]);
    // Hundreds of failures, some lines.
    expect(stream.log.lines.filter(({ level }) => level >= 40).length).to.be.below(40);
  });

  it('stops fetching while the tier is away, stays in its group, and goes on when it is back', async () => {
    await tier.stop();
    const stream = start({ STREAM_MAX_IN_FLIGHT: '4' });
    await topics.produce(applications(600));
    await eventually(async () => {
      expect(await stream.metric('stream_paused')).to.equal(1);
    }, WITHIN_MS);
    // Longer than a session lasts without heartbeats: the group would have given its partitions away.
    const pausedMs = performance.now();
    await eventually(() => {
      expect(performance.now() - pausedMs).to.be.above(SESSION_MS + 1_000);
    }, 2 * SESSION_MS);
    expect(await stream.metric('stream_rebalances_total')).to.equal(1);
    expect(await stream.metric('stream_in_flight_messages')).to.equal(16);
    // The broker is asked for it every few seconds.
    await eventually(async () => {
      const lags = samplesIn(await stream.metrics()).filter(({ name }) => name === 'stream_consumer_lag');
      expect(lags.reduce((sum, { value }) => sum + value, 0)).to.equal(600);
    }, WITHIN_MS);
    await tier.start();
    await allScored(600);
    expect(tier.largestAtOnce).to.be.at.most(4);
    expect(countKeys(topics.scores).duplicates).to.equal(0);
    await committed(600);
    expect(await stream.metric('stream_paused')).to.equal(0);
  });

  it('stops fetching at few large messages, too', async () => {
    await tier.stop();
    const stream = start({ STREAM_MAX_MESSAGE_BYTES: '900000' });
    const note = JSON.stringify({ note: 'x'.repeat(850_000) });
    for (let i = 0; i < 42; i += 1) await topics.produce([{ key: `L-${i}`, value: note }]);
    await eventually(async () => {
      expect(await stream.metric('stream_paused')).to.equal(1);
    }, WITHIN_MS);
    await tier.start();
    await allScored(42);
    await eventually(async () => {
      expect(await stream.metric('stream_paused')).to.equal(0);
    });
  });

  it('has no lag behind a transaction that was aborted', async () => {
    const stream = start();
    await topics.produce([{ key: 'A', value: '{}', partition: 0 }]);
    await committed(1);
    await topics.produceAborted([{ key: 'B', value: '{}', partition: 0 }]);
    // The message and the marker.
    await committed(3);
    expect(topics.scores.map(({ key }) => key)).to.deep.equal(['A']);
    expect(await stream.metric('stream_messages_total', { result: 'dead_lettered' })).to.equal(0);
  });

  it('waits for a topic that is not there, and makes none', async () => {
    const stream = start({ STREAM_INPUT_TOPIC: `${topics.names.input}-misspelt` });
    await eventually(() => {
      expect(stream.log.text).to.contain('does not host this topic-partition');
    });
    expect(stream.stream.isReady).to.equal(false);
    expect(await topics.exist(`${topics.names.input}-misspelt`)).to.equal(false);
  });

  it('loses nothing when the broker is killed and comes back', async () => {
    tier.delayMs = 20;
    start({ STREAM_MAX_IN_FLIGHT: '8' });
    await topics.produce(applications(800));
    await eventually(() => {
      expect(topics.scores.length).to.be.above(100);
    }, WITHIN_MS);
    await broker.kill();
    await broker.ensureRunning();
    await allScored(800);
    await committed(800);
  });

  it('loses nothing when members join and leave under load', async () => {
    tier.delayMs = 20;
    const first = start({ STREAM_MAX_IN_FLIGHT: '8' });
    await topics.produce(applications(1_500));
    await eventually(() => {
      expect(topics.scores.length).to.be.above(100);
    }, WITHIN_MS);
    const second = start({ STREAM_MAX_IN_FLIGHT: '8' });
    await eventually(async () => {
      expect(await second.metric('stream_messages_total', { result: 'scored' })).to.be.above(50);
    }, WITHIN_MS);
    await first.stop();
    await allScored(1_500);
    await committed(1_500);
    expect(topics.deadLetters).to.deep.equal([]);
    // At most what each had begun when the partitions moved.
    expect(countKeys(topics.scores).duplicates).to.be.at.most(2 * 8 * 4);
  });

  it('finishes and commits what is in flight when it is told to stop', async () => {
    tier.delayMs = 300;
    const stream = start({ STREAM_MAX_IN_FLIGHT: '4' });
    await topics.produce(applications(40));
    await eventually(() => {
      expect(tier.asked.length).to.be.above(3);
    }, WITHIN_MS);
    await stream.stop();
    const asked = tier.asked.length;
    expect(asked).to.be.below(40);
    await eventually(() => {
      expect(topics.scores).to.have.length(asked);
    });
    start();
    await allScored(40);
    await committed(40);
  });

  it('brings the key of its file, and reads the file again when the tier refuses it', async () => {
    const file = join(temporaryDirectory(), 'key');
    writeFileSync(file, 'old\n');
    tier.answer = () =>
      tier.requestHeaders.at(-1)!['x-api-key'] === 'new' ? 'score' : problem(401, 'UNAUTHORIZED');
    const stream = start({ STREAM_API_KEY_FILE: file });
    await topics.produce(applications(1));
    await eventually(() => {
      expect(tier.requestHeaders[0]?.['x-api-key']).to.equal('old');
    }, WITHIN_MS);
    // Half written, it is no header.
    writeFileSync(file, 'new\nold');
    await eventually(() => {
      expect(stream.log.text).to.contain('the API key can not be used').and.not.contain('nold');
    });
    writeFileSync(file, 'new\n');
    await allScored(1);
  });

  it('opens new connections to the tier from time to time', async () => {
    start({ STREAM_MAX_IN_FLIGHT: '1', STREAM_CONNECTION_SECONDS: '1' });
    tier.delayMs = 10;
    const begun = performance.now();
    await topics.produce(applications(300));
    await allScored(300);
    // For each of the partitions one that is old, and one in its place, each second.
    const seconds = (performance.now() - begun) / 1_000;
    expect(tier.connections).to.be.within(2, Math.min(150, 20 + 6 * seconds));
  });
});
