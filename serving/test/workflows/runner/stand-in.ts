/** A step with `uses:` that was reached, and what it was given. */
export interface Used {
  /** `actions/checkout`, without its version. */
  readonly action: string;
  /** What is behind the `@`. */
  readonly version: string;
  readonly with: Readonly<Record<string, string>>;
}

/** What a stand-in leaves for the steps that follow. */
export interface Left {
  readonly outputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** In place of an action of somebody else: it may not fetch anything here. */
export type StandIn = (used: Used) => Left | Promise<Left>;

/** A composite action of another repository, of which there is a copy in this folder. */
export interface CopyOfAction {
  readonly folder: string;
}

export type StandIns = Readonly<Record<string, StandIn | CopyOfAction>>;

const nothing: StandIn = () => ({});

/** Actions that only prepare a machine that is prepared here: sources, Node, Python, Go and caches are there. */
export const PREPARED: StandIns = {
  'actions/checkout': nothing,
  'actions/setup-node': nothing,
  'actions/setup-python': nothing,
  'actions/setup-go': nothing,
  'actions/cache': nothing,
};
