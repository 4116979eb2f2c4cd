import type { Logger } from 'pino';
import type { TrafficStatus } from './api/status-report.js';
import { messageOf } from './errors.js';
import type { ModelTraffic } from './metrics/traffic.js';
import { RegistryError } from './registry/model-registry.js';
import { Poller } from './registry/poller.js';
import { readTraffic, type TrafficReading, type TrafficRegistry } from './registry/traffic-reader.js';
import { ROLES, writeTrafficPolicy, type Role } from './registry/traffic-tags.js';
import { planRoles, type RolePlan } from './servables/role-plan.js';
import type { Servable, ServableId } from './servables/servable.js';
import type { ServableManager } from './servables/servable-manager.js';
import type { ServedRoles, TrafficSplit } from './servables/served-roles.js';
import { sameServable } from './servables/version-policy.js';

export interface LiveTrafficOptions {
  readonly modelName: string;
  /** The alias that the champion follows. */
  readonly alias: string;
  readonly pollIntervalSeconds: number;
}

/** Of quarantines, `/status` shows the newest. */
const MAX_QUARANTINES = 20;

const NOBODY: TrafficReading = {
  policy: {},
  unreadable: undefined,
  aliases: new Map(),
  candidates: new Map(),
  quarantines: [],
};

/**
 * The live traffic of one model, as the registry has it: which versions there are beside the champion, and how much
 * each of them gets. Loads what the policy names and unloads what it names no longer, and never touches the champion.
 *
 * What can't be read changes nothing: while the registry is down, and for a policy that makes no sense, the one in
 * force stays. A tier that starts without a registry has none, and everything is the champion's.
 */
export class LiveTraffic implements ServedRoles {
  readonly #registry: TrafficRegistry;
  readonly #champion: Pick<ServableManager, 'champion'>;
  readonly #managers: Readonly<Record<Role, ServableManager>>;
  readonly #options: LiveTrafficOptions;
  readonly #log: Logger;
  readonly #poller: Poller;
  #reading = NOBODY;
  #wanted: ReadonlyMap<Role, ServableId> = new Map();
  #split: TrafficSplit | undefined;
  #plan: RolePlan = planRoles(new Map(), {
    aliased: undefined,
    champion: undefined,
    loaded: () => undefined,
  });
  #refused: string | undefined;
  #told = { policy: '{}', problem: '' };
  #stopped = false;

  constructor(
    registry: TrafficRegistry,
    champion: Pick<ServableManager, 'champion'>,
    managers: Readonly<Record<Role, ServableManager>>,
    options: LiveTrafficOptions,
    log: Logger,
  ) {
    this.#registry = registry;
    this.#champion = champion;
    this.#managers = managers;
    this.#options = options;
    this.#log = log;
    // Apart from the looks at the alias: a champion that takes long to load is not to hold up a canary's end.
    this.#poller = new Poller('traffic-policy', options.pollIntervalSeconds, () => this.#lookOnce());
  }

  get split(): TrafficSplit | undefined {
    return this.#split;
  }

  servable(role: Role): Servable | undefined {
    const id = this.#wanted.get(role);
    const holder = this.#plan.holders.get(role);
    if (id === undefined || holder === undefined) return undefined;
    const servable = this.#managers[holder].champion;
    // What is there may be of a policy before this one.
    return servable !== undefined && sameServable(servable.id, id) ? servable : undefined;
  }

  /** Everything that is in memory for a role. */
  get servables(): readonly Servable[] {
    return ROLES.flatMap((role) => this.#managers[role].servables);
  }

  /** Looks once, and from then on at every interval. Resolves when it is known what is to be loaded, not when it is. */
  start(): Promise<void> {
    return this.#poller.start();
  }

  /** Changes nothing any more. */
  stop(): Promise<void> {
    this.#stopped = true;
    return this.#poller.stop();
  }

  /** Looks now, or once more after the look that is under way. */
  hurry(): Promise<void> {
    return this.#poller.hurry();
  }

  /** Never rejects. */
  async #lookOnce(): Promise<void> {
    const { modelName } = this.#options;
    try {
      this.#reading = await readTraffic(this.#registry, modelName, this.#reading.policy);
      this.#refused = undefined;
    } catch (error) {
      // That it does not answer, or has no such model, is said where the alias is looked at.
      const isSaid =
        error instanceof RegistryError && (error.kind === 'unreachable' || error.kind === 'not-found');
      this.#refused = isSaid ? undefined : `The policy can't be read: ${messageOf(error)}`;
      this.#tellProblem();
      // What failed to load is tried again all the same.
    }
    this.#follow();
  }

  /** Another version answers under the alias. */
  championChanged(): void {
    this.#follow();
  }

  forgetFailures(): void {
    for (const role of ROLES) this.#managers[role].forgetFailures();
  }

  /** Releases everything, after the requests in flight. */
  async close(): Promise<void> {
    this.#wanted = new Map();
    this.#split = undefined;
    await Promise.all(ROLES.map((role) => this.#managers[role].close()));
  }

  get status(): TrafficStatus {
    const { policy, quarantines } = this.#reading;
    const { canary, shadow, standby } = policy;
    const available = (role: Role): boolean => this.servable(role) !== undefined;
    return {
      canary: canary === undefined ? null : { ...canary, available: available('canary') },
      shadow: shadow === undefined ? null : { ...shadow, available: available('shadow') },
      standby: standby === undefined ? null : { ...standby, available: available('standby') },
      problem: this.#problem ?? null,
      quarantined: quarantines.slice(0, MAX_QUARANTINES),
    };
  }

  get traffic(): ModelTraffic {
    const { policy, unreadable, quarantines } = this.#reading;
    const champion = this.#champion.champion?.id.version;
    const share = (role: 'canary' | 'shadow'): number =>
      this.servable(role) === undefined ? 0 : (policy[role]?.percent ?? 0) / 100;
    // Who is the champion is wanted as such, and as nothing else.
    const wanted = ROLES.flatMap((role) => {
      const version = policy[role]?.version;
      return version === undefined || version === champion ? [] : [{ role, version }];
    });
    return {
      model: this.#options.modelName,
      shares: [
        ...(champion === undefined
          ? []
          : [{ role: 'champion', version: champion, share: 1 - share('canary') }]),
        ...wanted.map(({ role, version }) => ({
          role,
          version,
          share: role === 'standby' ? 0 : share(role),
        })),
      ],
      wanted: wanted.map(({ role, version }) => ({
        role,
        version,
        available: this.servable(role) !== undefined,
      })),
      readable: unreadable === undefined,
      quarantined: quarantines,
    };
  }

  #follow(): void {
    if (this.#stopped) return;
    const { policy, candidates, aliases } = this.#reading;
    const wanted = new Map<Role, ServableId>();
    for (const [role, candidate] of candidates) if ('id' in candidate) wanted.set(role, candidate.id);
    this.#wanted = wanted;
    this.#plan = planRoles(wanted, {
      aliased: aliases.get(this.#options.alias),
      champion: this.#champion.champion?.id.version,
      loaded: (role) => this.#managers[role].champion?.id,
    });
    // Before anything is unloaded: what is in force then gives it nothing more.
    this.#split = wanted.size === 0 ? undefined : policy;
    for (const role of ROLES) this.#steer(role);
    this.#tellPolicy();
    this.#tellProblem();
  }

  #steer(role: Role): void {
    const manager = this.#managers[role];
    const aspired = this.#plan.aspired[role];
    const { champion } = manager;
    // Nobody depends on what was there before: it is not worth the memory of both.
    if (champion !== undefined && (aspired === 'nothing' || !sameServable(champion.id, aspired))) {
      void manager.aspire('nothing');
    }
    // Not awaited: a download may take long, and the champion is not to wait for it.
    void manager.aspire(aspired);
  }

  get #problem(): string | undefined {
    const { unreadable, candidates } = this.#reading;
    const ofRoles = [...candidates].flatMap(([role, candidate]) => {
      if ('problem' in candidate) return `${role}: ${candidate.problem}`;
      const holder = this.#plan.holders.get(role);
      const failure = holder === undefined ? undefined : this.#managers[holder].lastFailure;
      return failure?.version === candidate.id.version && this.servable(role) === undefined
        ? `${role}: version ${failure.version} can't be loaded: ${failure.code}: ${failure.message}`
        : [];
    });
    const all = [
      ...(this.#refused === undefined ? [] : [this.#refused]),
      ...(unreadable === undefined
        ? []
        : [`The policy in the registry is unreadable, and the one before stays: ${unreadable}`]),
      ...ofRoles,
    ];
    return all.length === 0 ? undefined : all.join('; ');
  }

  /** Logs changes, not every look. */
  #tellPolicy(): void {
    const policy = writeTrafficPolicy(this.#reading.policy);
    if (policy === this.#told.policy) return;
    this.#told.policy = policy;
    const { modelName: model } = this.#options;
    this.#log.info({ model, policy: this.#reading.policy }, 'the traffic policy is another');
  }

  #tellProblem(): void {
    const { unreadable, candidates } = this.#reading;
    // What fails to load says so itself.
    const problem = [
      this.#refused,
      unreadable,
      ...[...candidates].map(([role, candidate]) =>
        'problem' in candidate ? `${role}: ${candidate.problem}` : undefined,
      ),
    ]
      .filter((part) => part !== undefined)
      .join('; ');
    if (problem === this.#told.problem) return;
    this.#told.problem = problem;
    const { modelName: model } = this.#options;
    if (problem !== '')
      this.#log.warn({ model, problem }, 'not all of the traffic policy can be put in force');
  }
}
