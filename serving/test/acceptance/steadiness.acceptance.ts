import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { messageOf } from '../../src/errors.js';
import { target } from './target.js';
import { TierClient } from './tier-client.js';

const CONNECTIONS = 4;
/** Whoever keeps a connection may close it now and then, and no more. */
const MAX_OPENED = 3 * CONNECTIONS;
const SLACK_MS = 60_000;

describe('many requests over connections that are kept', () => {
  it('are all answered, in time', async function () {
    const { settings, apiKey, model } = target();
    const { requests, requestsPerSecond, p99Ms } = settings;
    this.timeout((requests / requestsPerSecond) * 1000 + SLACK_MS);
    const client = new TierClient(settings.target, { host: settings.host, apiKey, connections: CONNECTIONS });
    const failures: string[] = [];
    const latencies: number[] = [];
    const begun = performance.now();
    const one = async (position: number): Promise<void> => {
      await delay(begun + (position / requestsPerSecond) * 1000 - performance.now());
      const asked = performance.now();
      try {
        const { status, text } = await client.post('/predict', { instances: [model.rows[0]] });
        if (status !== 200) failures.push(`${status}: ${text.slice(0, 200)}`);
      } catch (error) {
        failures.push(messageOf(error));
      }
      latencies.push(performance.now() - asked);
    };
    try {
      await Promise.all(Array.from({ length: requests }, (_, position) => one(position)));
    } finally {
      client.close();
    }
    expect(failures, `${failures.length} of ${requests}`).to.deep.equal([]);
    expect(client.opened, 'connections that were opened').to.be.at.most(MAX_OPENED);
    const p99 = latencies.sort((a, b) => a - b)[Math.ceil(requests * 0.99) - 1];
    expect(p99, 'p99 in ms').to.be.below(p99Ms);
  });
});
