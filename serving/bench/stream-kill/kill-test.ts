import { expect } from 'chai';
import { countKeys, StreamTopicsUnderTest } from '../../test/support/stream-topics.js';
import { eventually } from '../../test/support/eventually.js';
import { streamVariablesFor } from '../../test/support/stream-under-test.js';
import { StreamProcess } from './stream-process.js';

const FINISHES_WITHIN_MS = 180_000;
const STEP_WITHIN_MS = 60_000;

export interface KillTest {
  /** `host:port` */
  readonly broker: string;
  readonly tierUrl: string;
  /** As many as there are messages; each is the value of one. */
  readonly rows: readonly string[];
  readonly kills: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly say?: (line: string) => void;
}

export interface KillTestResult {
  readonly messages: number;
  readonly kills: number;
  /** Applications without a result. */
  readonly lost: number;
  /** Results beyond one for each application. */
  readonly duplicates: number;
  readonly deadLetters: number;
  /** From the first process to the last result, the group's waiting for those that were killed included. */
  readonly seconds: number;
  /** While no process was missing. */
  readonly messagesPerSecond: number;
  /** User and system time of the stream's processes, a result. */
  readonly cpuUsPerMessage: number;
}

/**
 * Kills the stream's process with SIGKILL again and again, evenly spread over the messages, and each time starts
 * another. Then counts what is in the topics.
 */
export async function killTest(test: KillTest): Promise<KillTestResult> {
  const { rows, kills, say = () => undefined } = test;
  const topics = await StreamTopicsUnderTest.create(test.broker);
  const env = { ...streamVariablesFor(test.broker, topics, test.tierUrl), ...test.env };
  await topics.produce(rows.map((value, i) => ({ key: `A-${i}`, value })));
  say(`${rows.length} applications are in the topic`);
  const results = () => topics.scores.length + topics.deadLetters.length;
  const startedMs = performance.now();
  let workingMs = 0;
  let cpuUs = 0;
  let process = StreamProcess.start(env);
  try {
    for (let kill = 1; kill <= kills; kill += 1) {
      const before = results();
      // By results and not by time: also the last process has something left to do.
      const target = Math.max(before + 1, Math.round((rows.length * kill) / (kills + 1)));
      await eventually(() => {
        expect(results()).to.be.above(before);
      }, STEP_WITHIN_MS);
      const fromMs = performance.now();
      await eventually(() => {
        expect(results()).to.be.at.least(target);
      }, FINISHES_WITHIN_MS);
      workingMs += performance.now() - fromMs;
      cpuUs += (await process.usage()).cpuUs;
      await process.kill();
      say(`kill ${kill} of ${kills} after ${results()} results`);
      process = StreamProcess.start(env);
    }
    const before = results();
    await eventually(() => {
      expect(results()).to.be.above(before);
    }, STEP_WITHIN_MS);
    const fromMs = performance.now();
    await eventually(() => {
      expect(countKeys([...topics.scores, ...topics.deadLetters]).keys).to.equal(rows.length);
    }, FINISHES_WITHIN_MS).catch(() => {
      // What is missing is counted below.
    });
    workingMs += performance.now() - fromMs;
    cpuUs += (await process.usage()).cpuUs;
  } finally {
    await process.stop();
    await topics.close();
  }
  const { keys, duplicates } = countKeys([...topics.scores, ...topics.deadLetters]);
  return {
    messages: rows.length,
    kills,
    lost: rows.length - keys,
    duplicates,
    deadLetters: topics.deadLetters.length,
    seconds: (performance.now() - startedMs) / 1_000,
    messagesPerSecond: (results() / workingMs) * 1_000,
    cpuUsPerMessage: cpuUs / results(),
  };
}
