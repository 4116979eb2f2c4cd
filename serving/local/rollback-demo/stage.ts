import { setTimeout as sleep } from 'node:timers/promises';
import { disagreement, readReplica } from '../../src/promotion/fleet.js';
import { MlflowRegistry } from '../../src/registry/mlflow-registry.js';
import type { RegisteredModel } from '../../src/registry/model-registry.js';
import {
  readTrafficPolicy,
  TRAFFIC_POLICY_TAG,
  type TrafficPolicyDocument,
} from '../../src/registry/traffic-tags.js';
import { readChampion, type Champion } from '../champion.js';
import { ConstantLoad, moment } from '../cluster/constant-load.js';
import type { RequestRecord } from '../cluster/load-report.js';
import { bold, dim, say } from '../console.js';
import type { Applicant, Population } from '../drift-demo/simulated-bank.js';
import { PlatformFailure } from '../failure.js';
import type { Mark } from '../play-plot.js';
import type { Platform } from '../platform.js';
import { ServingCommand } from '../serving-command.js';
import type { Settings } from '../settings.js';
import { waitUntil } from '../wait-until.js';
import type { PlanFiles } from './demo-settings.js';
import type { FleetLook } from './scene.js';

export interface Cast {
  readonly platform: Platform;
  readonly plans: PlanFiles;
  readonly applicants: Readonly<Record<Population, readonly Applicant[]>>;
}

/** Requests a second. */
const CALM_RATE = 80;
const CONNECTIONS: Record<Population, number> = { calm: 12, shifted: 8 };
/** Clients, registry, Prometheus and tier share one machine, which may be busy with more. */
const REQUEST_TIMEOUT_MS = 15_000;
const LOOK_MS = 100;

/** A platform on which clients ask from its opening to its end, and its fleet is looked at ten times a second. */
export class Stage {
  readonly platform: Platform;
  readonly settings: Settings;
  readonly looks: FleetLook[] = [];
  readonly #cast: Cast;
  readonly #registry: MlflowRegistry;
  readonly #records: Record<Population, (readonly RequestRecord[])[]> = { calm: [], shifted: [] };
  readonly #loads = new Map<Population, ConstantLoad>();
  readonly #watching = new AbortController();
  #watch: Promise<void> = Promise.resolve();

  constructor(cast: Cast) {
    this.#cast = cast;
    this.platform = cast.platform;
    this.settings = cast.platform.settings;
    this.#registry = new MlflowRegistry({ trackingUri: this.settings.urls.mlflow, timeoutMs: 5_000 });
  }

  async open(): Promise<void> {
    await this.enter('calm', CALM_RATE);
    this.#watch = this.#lookAtFleet();
  }

  /** Safe to call again. */
  async close(): Promise<void> {
    this.#watching.abort();
    await Promise.all([this.#watch, this.leave('calm'), this.leave('shifted')]);
  }

  /** From now on these clients ask too, so many requests a second. */
  async enter(population: Population, ratePerSecond: number): Promise<void> {
    const load = await ConstantLoad.start({
      url: `${this.settings.urls.serving}/predict`,
      bodies: this.#cast.applicants[population].map(({ features }) =>
        JSON.stringify({ instances: [features] }),
      ),
      connections: CONNECTIONS[population],
      ratePerSecond,
      timeoutMs: REQUEST_TIMEOUT_MS,
    });
    this.#loads.set(population, load);
    this.#records[population].push(load.records);
  }

  /** Resolves when all that they asked is answered, or has failed. */
  async leave(population: Population): Promise<void> {
    await this.#loads.get(population)?.stop();
    this.#loads.delete(population);
  }

  /** Of those who ask, what was due between two moments, as `moment()` tells them. */
  requests(population: Population, from: number, to: number): readonly RequestRecord[] {
    return this.#records[population].flat().filter(({ at }) => at >= from && at < to);
  }

  async champion(): Promise<Champion> {
    const champion = await readChampion(this.settings);
    if (champion === undefined) throw new PlatformFailure('There is no champion.');
    return champion;
  }

  /** What the registry says of the model now. */
  model(): Promise<RegisteredModel> {
    return this.#registry.getRegisteredModel(this.settings.modelName);
  }

  /** undefined: all requests are the champion's. */
  async policy(): Promise<TrafficPolicyDocument | undefined> {
    const { tags } = await this.model();
    const text = tags.get(TRAFFIC_POLICY_TAG);
    return text === undefined ? undefined : readTrafficPolicy(text);
  }

  /** The controller, from where it is to begin or where another one was. */
  rollout(version: string, begin: 'shadow' | 'baking'): ServingCommand {
    const { urls, modelName } = this.settings;
    const plan = this.#cast.plans[begin === 'baking' ? 'watch' : 'wholeWay'];
    const args = [
      ...['rollout', '--model', modelName, '--version', version, '--begin', begin],
      ...[
        '--replicas',
        urls.management,
        '--prometheus',
        urls.prometheus,
        '--plan',
        plan,
        '--interval-seconds',
        '2',
      ],
    ];
    return new ServingCommand(this.settings, args, (line) => {
      say(dim(`rollout: ${line}`));
    });
  }

  /** @throws {PlatformFailure} when it takes too long, or a command that must go on meanwhile has ended */
  async until<T>(
    what: string,
    probe: () => Promise<T | undefined> | T | undefined,
    { timeoutMs = 180_000, beside }: { readonly timeoutMs?: number; readonly beside?: ServingCommand } = {},
  ): Promise<T> {
    return waitUntil(
      async () => {
        const answer = await probe();
        if (answer !== undefined) return answer;
        if (beside === undefined || beside.isRunning) return undefined;
        const { code, stdout, stderr } = await beside.ended;
        throw new PlatformFailure(
          `The rollout ended with ${String(code)} before ${what}: ${stderr} ${stdout}`.trim(),
        );
      },
      { what, timeoutMs, intervalMs: LOOK_MS },
    );
  }

  async #lookAtFleet(): Promise<void> {
    const { urls, modelName, modelAlias } = this.settings;
    const { signal } = this.#watching;
    while (!signal.aborted) {
      const replica = await readReplica(urls.management);
      const available = replica.status?.models.find(
        ({ model_name: model, alias }) => model === modelName && alias === modelAlias,
      )?.available;
      const agreed =
        available &&
        disagreement(replica, { model: modelName, alias: modelAlias, ...available }) === undefined;
      this.looks.push({ at: moment(), version: agreed ? available.version : undefined });
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Moments of a scene, as they happen. */
export class SceneClock {
  readonly startedAt = moment();
  readonly marks: Mark[] = [];

  /** Draws a line in the picture and says it. @param at of what happened earlier than now */
  mark(text: string, sentence: string, at = moment()): void {
    this.marks.push({ second: (at - this.startedAt) / 1_000, text });
    say(`${bold(text)}: ${sentence}`);
  }
}
