import { RequestError } from '../errors.js';
import type { Servable } from './servable.js';
import type { ServableManager } from './servable-manager.js';
import { SERVED_ROLES, type ServedRole, type ServedRoles } from './served-roles.js';

/** A model and the alias under which this tier follows it. */
export interface ServedModel {
  readonly name: string;
  readonly alias: string;
  readonly manager: ServableManager;
  /** What it has beside its champion; undefined: nothing ever. */
  readonly roles?: ServedRoles | undefined;
}

/** A servable that a request asks for by name. */
export interface NamedServable {
  readonly servable: Servable;
  /** Under which it is served. */
  readonly alias: string;
  readonly role: 'champion' | ServedRole;
}

/** How a request may ask for what follows the alias, whatever that alias is called here. */
const CHAMPION = 'champion';

/** Finds the servable that a request asks for, among all models, aliases and roles of the tier. */
export class ModelDirectory {
  readonly #models: readonly [ServedModel, ...ServedModel[]];

  /** @param models in the order of the configuration: the first answers where a request names none */
  constructor(models: readonly [ServedModel, ...ServedModel[]]) {
    this.#models = models;
  }

  /** Versions of a model that are available now. @throws {RequestError} MODEL_NOT_FOUND */
  versions(name: string): readonly string[] {
    return [...new Set(this.#available(name).map(({ servable }) => servable.id.version))];
  }

  /** What answers for a model where a request does not say by whom. @throws {RequestError} MODEL_NOT_FOUND */
  model(name?: string): ServedModel {
    return this.#entries(name)[0];
  }

  /**
   * Exactly this version, or what is served under exactly this alias.
   * @throws {RequestError} MODEL_NOT_FOUND; VERSION_NOT_AVAILABLE; INVALID_REQUEST when there is no such alias, or
   *   when the two name different servables
   */
  named(name: string | undefined, version: string | undefined, alias?: string): NamedServable {
    if (alias !== undefined) return this.#underAlias(name, alias, version);
    const available = this.#available(name);
    const found = available.find(({ servable }) => servable.id.version === version);
    if (found !== undefined) return found;
    const loaded = [...new Set(available.map(({ servable }) => servable.id.version))].join(', ') || 'none';
    throw new RequestError(
      'VERSION_NOT_AVAILABLE',
      `That version of ${this.model(name).name} is not loaded here; loaded: ${loaded}`,
    );
  }

  #underAlias(name: string | undefined, asked: string, version: string | undefined): NamedServable {
    const [first, ...others] = this.#entries(name);
    const aliases = [first, ...others].map(({ alias }) => alias);
    if (asked !== CHAMPION && !aliases.includes(asked) && !isRole(asked)) {
      const known = [...new Set([CHAMPION, ...aliases, ...SERVED_ROLES])].join(', ');
      throw new RequestError('INVALID_REQUEST', `Expected an alias out of: ${known}`);
    }
    const alias = asked === CHAMPION && !aliases.includes(asked) ? first.alias : asked;
    const found = this.#available(name).find((candidate) => candidate.alias === alias);
    if (found === undefined) {
      throw new RequestError('VERSION_NOT_AVAILABLE', `Nothing is loaded here as ${asked} of ${first.name}`);
    }
    if (version !== undefined && found.servable.id.version !== version) {
      throw new RequestError(
        'INVALID_REQUEST',
        `The request asks for a version and for ${asked}, which is another: ${found.servable.id.version}`,
      );
    }
    return found;
  }

  /** Champions first, in the order of the configuration. */
  #available(name: string | undefined): readonly NamedServable[] {
    const entries = this.#entries(name);
    const champions = entries.flatMap(({ alias, manager: { champion } }) =>
      champion === undefined ? [] : [{ servable: champion, alias, role: CHAMPION } as const],
    );
    const besides = entries.flatMap(({ roles }) =>
      SERVED_ROLES.flatMap((role) => {
        const servable = roles?.servable(role);
        return servable === undefined ? [] : [{ servable, alias: role, role }];
      }),
    );
    return [...champions, ...besides];
  }

  #entries(name = this.#models[0].name): readonly [ServedModel, ...ServedModel[]] {
    const [first, ...others] = this.#models.filter((model) => model.name === name);
    if (first !== undefined) return [first, ...others];
    const names = [...new Set(this.#models.map((model) => model.name))].join(', ');
    throw new RequestError('MODEL_NOT_FOUND', `No model of that name is served here; there are: ${names}`);
  }

  /**
   * The champion if there is one, or exactly one version.
   * @throws {RequestError} MODEL_NOT_FOUND, VERSION_NOT_AVAILABLE
   */
  look(name?: string, version?: string): Servable | undefined {
    return version === undefined ? this.model(name).manager.champion : this.named(name, version).servable;
  }
}

function isRole(alias: string): boolean {
  return (SERVED_ROLES as readonly string[]).includes(alias);
}
