import { Agent, request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

const answerSchema = z.looseObject({
  model_version: z.string(),
  predictions: z.array(z.looseObject({ score: z.number() })).length(1),
});

export interface Tally {
  readonly answered: number;
  /** Version -> how many answers named it. */
  readonly byVersion: ReadonlyMap<string, number>;
  /** What went wrong, in words; empty when nothing did. */
  readonly failures: readonly string[];
}

/**
 * Keeps connections busy with one row whose score is known for every version, and holds each answer against
 * the version that its header names.
 */
export class BusyClient {
  private readonly agent: Agent;
  private readonly byVersion = new Map<string, number>();
  private readonly failures: string[] = [];
  private readonly body: string;
  private answered = 0;
  private stopping = false;
  private loops: Promise<void>[] = [];

  constructor(
    private readonly url: string,
    row: readonly unknown[],
    private readonly expectedScore: ReadonlyMap<string, number>,
    private readonly connections = 16,
  ) {
    this.agent = new Agent({ keepAlive: true, maxSockets: connections });
    this.body = JSON.stringify({ instances: [row] });
  }

  start(): void {
    this.loops = Array.from({ length: this.connections }, () => this.loop());
  }

  /** Safe to call again. */
  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.loops);
    this.agent.destroy();
  }

  get tally(): Tally {
    return { answered: this.answered, byVersion: this.byVersion, failures: this.failures };
  }

  private async loop(): Promise<void> {
    while (!this.stopping) {
      try {
        const wrong = await this.ask();
        if (wrong !== undefined) this.failures.push(wrong);
      } catch (error) {
        this.failures.push(String(error));
      }
      this.answered += 1;
    }
  }

  /** @returns what is wrong with the answer */
  private async ask(): Promise<string | undefined> {
    const response = await this.post();
    const content = await text(response);
    if (response.statusCode !== 200) return `status ${String(response.statusCode)}: ${content}`;
    const version = response.headers['x-model-version'];
    const answer = answerSchema.parse(JSON.parse(content));
    if (typeof version !== 'string') return 'no x-model-version';
    if (answer.model_version !== version)
      return `the header says ${version}, the body ${answer.model_version}`;
    this.byVersion.set(version, (this.byVersion.get(version) ?? 0) + 1);
    const expected = this.expectedScore.get(version);
    if (expected === undefined) return `unexpected version ${version}`;
    const { score } = answer.predictions[0]!;
    return Math.abs(score - expected) <= 1e-5
      ? undefined
      : `version ${version} scored ${score}, not ${expected}`;
  }

  private post(): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const outgoing = request(this.url, {
        method: 'POST',
        agent: this.agent,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(this.body) },
        timeout: 30_000,
      });
      outgoing.once('response', resolve);
      outgoing.on('error', reject);
      outgoing.once('timeout', () => outgoing.destroy(new Error('no answer within 30 s')));
      outgoing.end(this.body);
    });
  }
}
