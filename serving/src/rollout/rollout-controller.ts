import { randomUUID } from 'node:crypto';
import { judge, type Credentials } from '../promotion/guard.js';
import { movesIn, NO_CHAMPION, type Move } from '../promotion/move.js';
import { PromotionError } from '../promotion/promotion-error.js';
import { registeredVersion } from '../promotion/registered-version.js';
import {
  DIGEST_TAG,
  RegistryError,
  type ModelRegistry,
  type RegisteredModel,
} from '../registry/model-registry.js';
import type { PromotionRecords } from '../registry/promotion-records.js';
import { quarantineOf, TRAFFIC_POLICY_TAG } from '../registry/traffic-tags.js';
import type { Comparison } from './comparison.js';
import { decide, type Decision, type Phase } from './decide.js';
import { championIn, isPolicy, RolloutEffects } from './effects.js';
import type { TrafficEvidence } from './evidence.js';
import type { Plan } from './plan.js';
import type { Question } from './prometheus-evidence.js';
import {
  encodeDone,
  encodeHeader,
  encodeRolloutLine,
  lineDoneKey,
  lineKey,
  rolloutKey,
  rolloutsIn,
  type Rollout,
  type RolloutLine,
} from './rollout-records.js';
import { isEnd, policyOf, progressOf, type RolloutState } from './rollout-state.js';

/** Which rollout is looked at, and what one that does not exist yet begins with. */
export interface RolloutRequest {
  readonly model: string;
  /** undefined, where it begins with baking: the champion. */
  readonly version: string | undefined;
  readonly begin: Phase;
  /** One that is over is begun anew. */
  readonly again: boolean;
  readonly plan: Plan;
  readonly replicas: readonly string[];
  readonly by: string;
  readonly approvedBy: string | undefined;
  readonly publicKeys: Credentials['publicKeys'];
}

/** Where a rollout stands after a look, and why. */
export interface Look {
  readonly rollout: number;
  readonly model: string;
  readonly version: string;
  /** That the version is held against. */
  readonly champion: string;
  readonly phase: Phase;
  readonly percent: number | null;
  readonly state: RolloutState;
  readonly decision: Decision['kind'] | 'begin';
  readonly reason: string;
  readonly numbers: readonly unknown[];
  /** After a promotion or a rollback: how long until every replica was seen serving its champion. */
  readonly served_after_seconds: number | null;
}

export interface RolloutSources {
  readonly registry: ModelRegistry;
  readonly records: PromotionRecords;
  readonly gather: (question: Question) => Promise<TrafficEvidence>;
  readonly now: () => Date;
}

/** Others that are faster, one after the other, more often than this are something else. */
const MAX_STEPS = 100;
const MAX_REASON = 1_000;

interface Said {
  readonly decision: Decision['kind'];
  readonly reason: string;
  readonly numbers: readonly Comparison[];
}

/**
 * Takes a version through its rollout, look by look. Nothing is kept between two looks but what is in the registry:
 * a decision is a line that can be written once, then what it says is done, then the mark that it is done. Whoever
 * finds a line without its mark does it first, so that a command may die anywhere; of two that look at once, one
 * writes the line and both may do what it says.
 */
export class RolloutController {
  readonly #sources: RolloutSources;
  readonly #request: RolloutRequest;
  readonly #effects: RolloutEffects;
  /** The one that this controller looks at, once it is known. */
  #number: number | undefined;

  constructor(sources: RolloutSources, request: RolloutRequest) {
    const { registry, records, now } = sources;
    this.#sources = sources;
    this.#request = request;
    this.#effects = new RolloutEffects(registry, records, { ...request, now });
  }

  /**
   * One look, one decision at most, carried out.
   *
   * @throws {PromotionError} refused, conflict: it can't begin. not-registered
   * @throws {RegistryError}, {UnreadableHistoryError}
   */
  async look(): Promise<Look> {
    let hasDecided = false;
    for (let step = 0; step < MAX_STEPS; step += 1) {
      const rollout = await this.#find();
      const progress = progressOf(rollout);
      const last = rollout.lines.at(-1);
      if (last === undefined) {
        hasDecided ||= await this.#write(rollout, beginning(rollout));
        continue;
      }
      if (progress.unfinished !== undefined) {
        await this.#finish(rollout, progress.unfinished);
        continue;
      }
      if (isEnd(progress.state)) return this.#lookAt(rollout, last);
      const consequence = consequenceOf(last);
      if (hasDecided && consequence === undefined) return this.#lookAt(rollout, last);

      const decision = consequence ?? (await this.#decide(rollout));
      const isSaid = decision.kind === 'pause' && progress.state === 'paused';
      if (decision.kind === 'wait' || isSaid) return this.#lookAt(rollout, last, asSaid(decision));
      if (await this.#write(rollout, lineOf(rollout, decision))) hasDecided = true;
    }
    throw new RegistryError('unreachable', `Others are always faster to decide on ${this.#request.model}`);
  }

  async #decide(rollout: Rollout): Promise<Decision> {
    const { registry, gather, now } = this.#sources;
    const { model } = this.#request;
    const { standing, before } = progressOf(rollout);
    const traffic = await gather({ model, standing, before, plan: rollout.plan, now: now() });
    // After Prometheus, which may take its time: what other hands have done meanwhile counts.
    const { aliases, tags } = await registry.getRegisteredModel(model);
    const evidence = {
      registry: {
        champion: championIn(aliases) ?? NO_CHAMPION,
        quarantine: quarantineOf(tags, rollout.digest),
        policy: isPolicy(tags, policyOf(standing)) ? ('as-written' as const) : ('changed' as const),
      },
      traffic,
    };
    return decide(standing, evidence, rollout.plan, now());
  }

  async #finish(rollout: Rollout, line: RolloutLine): Promise<void> {
    const done = await this.#effects.carryOut(rollout, line);
    const key = lineDoneKey(rollout.number, line.number);
    // That another one was a moment faster to say so is as good.
    await this.#sources.records.writeOnce(this.#request.model, key, encodeDone(done));
  }

  /** @returns whether it was this command that has decided */
  async #write(rollout: Rollout, line: Omit<RolloutLine, 'number' | 'done' | 'at'>): Promise<boolean> {
    const key = lineKey(rollout.number, rollout.lines.length + 1);
    const at = this.#sources.now().toISOString();
    const text = encodeRolloutLine({ ...line, reason: line.reason.slice(0, MAX_REASON), at }, randomUUID());
    return this.#sources.records.writeOnce(this.#request.model, key, text);
  }

  #lookAt(rollout: Rollout, last: RolloutLine, said?: Said): Look {
    const { model } = this.#request;
    const { state, standing } = progressOf(rollout);
    const { number, version, champion } = rollout;
    // What a move could not do says more than why it was to be done.
    const why = last.done === undefined || last.done.detail === '' ? last.reason : `${last.reason}; ${last.done.detail}`;
    return {
      ...{ rollout: number, model, version, champion, phase: standing.phase, percent: standing.percent, state },
      decision: said?.decision ?? last.decision,
      reason: said?.reason ?? why,
      numbers: said?.numbers ?? last.numbers,
      served_after_seconds: last.done?.served_after_seconds ?? null,
    };
  } // prettier-ignore

  /** The rollout that runs, the one that is over, or a new one. */
  async #find(): Promise<Rollout> {
    const { registry, records } = this.#sources;
    const { model, again } = this.#request;
    for (let attempt = 0; attempt < MAX_STEPS; attempt += 1) {
      const written = await records.readAll(model);
      const rollouts = rolloutsIn(written);
      if (this.#number !== undefined) return rollouts[this.#number - 1]!;
      const registered = await registry.getRegisteredModel(model);
      const version = this.#versionIn(registered);
      const found = rolloutOf(rollouts, { ...this.#request, version }, registered, movesIn(written));
      if (found !== undefined && !(again && isEnd(progressOf(found).state))) {
        this.#number = found.number;
        return found;
      }
      const number = rollouts.length + 1;
      const header = await this.#header(version, registered, movesIn(written));
      if (await records.writeOnce(model, rolloutKey(number), header)) this.#number = number;
    }
    throw new RegistryError('unreachable', `Others are always faster to begin a rollout of ${model}`);
  }

  #versionIn({ aliases }: RegisteredModel): string {
    const version = this.#request.version ?? championIn(aliases);
    if (version !== undefined) return version;
    throw new PromotionError('refused', `Model ${this.#request.model} has no champion to be watched`);
  }

  /** @throws {PromotionError} refused: why the version can't be rolled out */
  async #header(version: string, registered: RegisteredModel, moves: readonly Move[]): Promise<string> {
    const { model, begin, plan, by, approvedBy, publicKeys } = this.#request;
    const candidate = await registeredVersion(this.#sources.registry, model, version);
    const refuse = (why: string): PromotionError =>
      new PromotionError('refused', `Model ${model} version ${version} is not rolled out: ${why}`);
    const champion = championIn(registered.aliases);
    const at = this.#sources.now().toISOString();
    const digest = candidate.tags.get(DIGEST_TAG);
    if (digest === undefined) throw refuse(`it has no tag ${DIGEST_TAG}; register it with the pipeline`);
    const header = { version, digest, begin, by, approvedBy, at, plan };

    if (begin === 'baking') {
      if (champion !== version) throw refuse(`champion is ${champion ?? NO_CHAMPION}, and baking is for the champion`);
      const former = moves.findLast(({ to }) => to === version)?.from ?? NO_CHAMPION;
      if (former === NO_CHAMPION) throw refuse('there was no champion before it, to be held against or to go back to');
      return encodeHeader({ ...header, champion: former }, randomUUID());
    }
    if (champion === undefined) throw refuse('there is no champion to be held against; promote the first one');
    if (champion === version) throw refuse('it is champion already; --begin baking watches it');
    const verdict = judge(candidate, { force: false, approvedBy, publicKeys }, registered.tags);
    if (!verdict.allowed) throw refuse(verdict.objection);
    const policy = registered.tags.get(TRAFFIC_POLICY_TAG);
    if (policy !== undefined && policy !== '{}') {
      throw refuse(`live traffic is split by another hand (${policy.slice(0, 200)}); clear it with traffic --clear`);
    }
    return encodeHeader({ ...header, champion }, randomUUID());
  } // prettier-ignore
}

/**
 * @returns the rollout that is meant: one that runs, or the last of the version; undefined: a new one is
 * @throws {PromotionError} conflict: that of another version runs. refused: it is over, and its end is undone
 */
function rolloutOf(
  rollouts: readonly Rollout[],
  { version, begin, again, model }: Pick<RolloutRequest, 'begin' | 'again' | 'model'> & { version: string },
  { aliases }: RegisteredModel,
  moves: readonly Move[],
): Rollout | undefined {
  const running = rollouts.findLast((one) => !isEnd(progressOf(one).state));
  if (running !== undefined) {
    if (running.version === version) return running;
    const { phase } = progressOf(running).standing;
    throw new PromotionError(
      'conflict',
      `Rollout ${running.number} of model ${model}, version ${running.version}, is in ${phase}: ` +
        `let it end, or end it with traffic --clear and one more look at it`,
    );
  }
  const over = rollouts.findLast((one) => one.version === version);
  if (over === undefined) return undefined;
  const champion = championIn(aliases) ?? NO_CHAMPION;
  if (begin === 'baking') {
    const arrived = moves.findLast(({ to }) => to === version);
    const isNewer = arrived !== undefined && Date.parse(arrived.at) > Date.parse(over.lines.at(-1)!.at);
    return isNewer && champion === version ? undefined : over;
  }
  if (!again && progressOf(over).state === 'completed' && champion !== version) {
    throw new PromotionError(
      'refused',
      `Rollout ${over.number} of model ${model}, version ${version}, was completed, and champion is ${champion} now; ` +
        `--again begins another one`,
    );
  }
  return over;
}

function beginning({ begin, plan, version, champion }: Rollout): Omit<RolloutLine, 'number' | 'done' | 'at'> {
  const percent = { shadow: 100, canary: plan.canary.percents[0] ?? null, baking: null }[begin];
  const reason = {
    shadow: `version ${version} sees what champion ${champion} answers`,
    canary: `version ${version} answers ${percent ?? 0} % instead of champion ${champion}`,
    baking: `champion ${version} is watched; ${champion} stands by`,
  }[begin];
  return { decision: 'begin', phase: begin, percent, reason, cause: null, numbers: [] };
}

/** What follows from a promotion that did not come about, without another look at live traffic. */
function consequenceOf({ decision, done }: RolloutLine): Decision | undefined {
  if (decision !== 'promote' || done === undefined || done.outcome === 'done') return undefined;
  const kind = done.outcome === 'refused' ? 'abort' : 'rollback';
  return { kind, cause: undefined, reason: done.detail, numbers: [] };
}

function lineOf(rollout: Rollout, decision: Decision): Omit<RolloutLine, 'number' | 'done' | 'at'> {
  const { phase, percent } = progressOf(rollout).standing;
  const { kind, reason, numbers } = decision;
  if (kind === 'wait') throw new Error('Waiting is not written down');
  const line = { decision: kind, phase, percent, reason, cause: null, numbers: [...numbers] };
  if (decision.kind === 'advance') return { ...line, phase: 'canary', percent: decision.percent };
  if (decision.kind === 'promote') return { ...line, phase: 'baking', percent: null };
  if (decision.kind === 'abort' || decision.kind === 'rollback') return { ...line, cause: decision.cause ?? null };
  return line;
} // prettier-ignore

function asSaid({ kind, reason, numbers }: Decision): Said {
  return { decision: kind, reason, numbers };
}
