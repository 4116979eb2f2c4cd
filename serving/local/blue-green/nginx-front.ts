import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { PlatformFailure } from '../failure.js';
import { waitUntil } from '../wait-until.js';
import { nginxConfiguration, type Front } from './nginx-configuration.js';
import { trafficSplitSchema, type TrafficSplit } from './traffic-split.js';

/** An nginx that runs somewhere. Paths are those that it knows. */
export interface NginxControl {
  /** @throws {PlatformFailure} with what nginx says of a configuration that it would not take */
  check(configuration: string): Promise<void>;
  /** Has it read its configuration again. Requests in flight go on. */
  reload(): Promise<void>;
  /** What its management address answers at this path. @throws when it does not */
  ask(path: string): Promise<string>;
}

export const CONFIGURATION = 'nginx.conf';
const CANDIDATE = 'next.conf';
const DRAINING = 'draining';

/**
 * Clients that have nothing to ask keep their connections, and new connections count as idle until their request has
 * arrived: there is no waiting for none. Who keeps a connection busy uses it more often than once in this time.
 */
const DRAIN_MS = 1_000;
const LOOK_EVERY_MS = 25;
/** A master of nginx lets its new workers start for a tenth of a second before it tells the old ones to end. */
const QUIET_LOOKS = 20;
const RELOAD_TIMEOUT_MS = 20_000;

/** The configuration of an nginx, and how it changes without a lost request. */
export class NginxFront {
  /**
   * @param stateDir where it is kept, as this process knows it
   * @param front as nginx knows it
   */
  constructor(
    private readonly stateDir: string,
    private readonly template: string,
    private readonly front: Front,
    private readonly control: NginxControl,
  ) {}

  /** Writes what an nginx that is about to start will read. */
  write(split: TrafficSplit): void {
    mkdirSync(this.stateDir, { recursive: true });
    rmSync(path.join(this.stateDir, DRAINING), { force: true });
    this.writeAs(CONFIGURATION, split);
  }

  /** What it was told last; undefined before the first time. */
  written(): TrafficSplit | undefined {
    try {
      const text = readFileSync(path.join(this.stateDir, CONFIGURATION), 'utf8');
      return trafficSplitSchema.parse(JSON.parse(/return 200 '(\{.*\})';/.exec(text)?.[1] ?? ''));
    } catch {
      return undefined;
    }
  }

  /** The split in force. @throws when nginx does not answer */
  async split(): Promise<TrafficSplit> {
    return trafficSplitSchema.parse(JSON.parse(await this.control.ask('/split')));
  }

  /**
   * Puts a split in force and returns when no worker of the former configuration takes connections any more.
   *
   * A reload alone loses requests of clients that keep connections open: old workers close idle ones at once, and what
   * is on its way then is reset. So connections are ended first, each with the answer to its last request, which tells
   * the client.
   *
   * @throws {PlatformFailure} when nginx refuses the configuration; the former stays
   */
  async change(split: TrafficSplit): Promise<void> {
    const generation = this.writeAs(CANDIDATE, split);
    await this.control.check(path.posix.join(this.front.stateDir, CANDIDATE));
    const mark = path.join(this.stateDir, DRAINING);
    writeFileSync(mark, '');
    try {
      await this.untilDrained();
      renameSync(path.join(this.stateDir, CANDIDATE), path.join(this.stateDir, CONFIGURATION));
      await this.control.reload();
      await this.untilInForce(generation);
    } finally {
      rmSync(mark, { force: true });
    }
  }

  private writeAs(name: string, split: TrafficSplit): string {
    const generation = randomUUID();
    const file = path.join(this.stateDir, name);
    // Whole or not at all: nginx may read it at any time.
    writeFileSync(`${file}.new`, nginxConfiguration(this.template, this.front, split, generation));
    renameSync(`${file}.new`, file);
    return generation;
  }

  /** Until no connection is idle, twice in a row: between the two, each has begun a request that ends it. */
  private async untilDrained(): Promise<void> {
    const deadline = Date.now() + DRAIN_MS;
    for (let quiet = 0; quiet < 2 && Date.now() < deadline;) {
      const waiting = /Waiting: (\d+)/.exec(await this.control.ask('/connections'))?.[1];
      quiet = waiting === '0' ? quiet + 1 : 0;
      await sleep(LOOK_EVERY_MS);
    }
  }

  private async untilInForce(generation: string): Promise<void> {
    let looks = 0;
    await waitUntil(
      async () => {
        const answer = z
          .object({ generation: z.string() })
          .parse(JSON.parse(await this.control.ask('/split')));
        looks = answer.generation === generation ? looks + 1 : 0;
        return looks >= QUIET_LOOKS ? true : undefined;
      },
      {
        what: 'nginx to use its new configuration',
        timeoutMs: RELOAD_TIMEOUT_MS,
        intervalMs: LOOK_EVERY_MS,
        remedy: 'Its log says why it keeps the former one.',
      },
    );
  }
}

/** What failed, for whoever reads a terminal. */
export function nginxFailure(doing: string, stderr: string): PlatformFailure {
  return new PlatformFailure(`nginx ${doing}: ${stderr.trim() || 'it does not say why'}`);
}
