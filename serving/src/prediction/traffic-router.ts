import type { ModelDirectory, ServedModel } from '../servables/model-directory.js';
import type { Servable, ServableHandle } from '../servables/servable.js';
import type { ServedRoles, TrafficSplit } from '../servables/served-roles.js';
import type { Borrowed, ServableLender, ServableWish } from './prediction-service.js';
import { route } from './traffic-policy.js';

/** Lends each request the servable that the traffic policy gives it, or the one that it asks for by name. */
export class TrafficRouter implements ServableLender {
  readonly #models: ModelDirectory;

  constructor(models: ModelDirectory) {
    this.#models = models;
  }

  acquire(wish: ServableWish): Borrowed {
    const { model, version, alias } = wish;
    // Who asks for one by name gets that one or an error, and no answer of another.
    if (version !== undefined || alias !== undefined) {
      const named = this.#models.named(model, version, alias);
      return lend(named.servable.acquire(), named.alias, named.role);
    }
    const served = this.#models.model(model);
    const { roles } = served;
    const split = roles?.split;
    return roles === undefined || split === undefined
      ? lend(served.manager.acquire(), served.alias, 'champion')
      : this.#routed(served, roles, split, wish);
  }

  #routed(served: ServedModel, roles: ServedRoles, split: TrafficSplit, wish: ServableWish): Borrowed {
    const { role, shadow } = route(
      { model: served.name, split },
      (candidate) => roles.servable(candidate) !== undefined,
      wish.trafficKey ?? wish.requestId,
    );
    const canary = role === 'canary' ? roles.servable('canary') : undefined;
    if (canary !== undefined) {
      return lend(canary.acquire(), 'canary', 'canary', undefined, () =>
        // A replica whose champion is still loading may have its canary already.
        served.manager.champion === undefined ? undefined : champion(served, roles),
      );
    }
    return champion(served, roles, shadow ? roles.servable('shadow') : undefined);
  }
}

function champion(served: ServedModel, roles: ServedRoles, shadow?: Servable): Borrowed {
  const handle = served.manager.acquire();
  return lend(handle, served.alias, 'champion', shadow, () => {
    const standby = roles.servable('standby');
    if (standby !== undefined) return lend(standby.acquire(), 'standby', 'standby');
    // A request may be under way while the champion goes back to whoever stood by, which then stands by no more.
    const { champion: present } = served.manager;
    return present === undefined || present === handle.servable
      ? undefined
      : lend(present.acquire(), served.alias, 'champion');
  });
}

/** All of one shape, since every request gets one. */
function lend(
  handle: ServableHandle,
  alias: string,
  role: Borrowed['role'],
  shadow?: Borrowed['shadow'],
  otherwise?: Borrowed['otherwise'],
): Borrowed {
  return { handle, alias, role, shadow, otherwise };
}
