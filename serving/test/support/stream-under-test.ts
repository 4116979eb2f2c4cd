import { Registry } from 'prom-client';
import { readStreamConfig } from '../../src/config.js';
import { Stream } from '../../src/stream/stream.js';
import { CapturedLog } from '../fakes/captured-log.js';
import { sampleOf } from './metric-samples.js';
import type { StreamTopicsUnderTest } from './stream-topics.js';

/** What every stream of a test is told. */
export function streamVariablesFor(
  broker: string,
  { names }: StreamTopicsUnderTest,
  tierUrl: string,
): Record<string, string> {
  return {
    KAFKA_BROKERS: broker,
    STREAM_TIER_URL: tierUrl,
    STREAM_GROUP_ID: `group-${names.input}`,
    STREAM_INPUT_TOPIC: names.input,
    STREAM_OUTPUT_TOPIC: names.output,
    STREAM_DEAD_LETTER_TOPIC: names.deadLetter,
    // A member that was killed is waited for, and one that stalls is taken for killed.
    STREAM_SESSION_TIMEOUT_SECONDS: '8',
    STREAM_PORT: '0',
  };
}

/** A stream in this process. */
export class StreamUnderTest {
  readonly log = new CapturedLog();
  readonly #registry = new Registry();
  readonly stream: Stream;

  private constructor(env: Readonly<Record<string, string>>) {
    this.stream = new Stream(readStreamConfig(env).stream, this.#registry, this.log.logger);
    this.stream.start();
  }

  static start(env: Readonly<Record<string, string>>): StreamUnderTest {
    return new StreamUnderTest(env);
  }

  /** @returns undefined: there is no such sample */
  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number | undefined> {
    return sampleOf(await this.#registry.metrics(), name, labels);
  }

  metrics(): Promise<string> {
    return this.#registry.metrics();
  }

  stop(): Promise<void> {
    return this.stream.stop();
  }
}
