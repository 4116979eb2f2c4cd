/** What every query of a component is narrowed to. */
export const NAMESPACE = 'namespace=~"$namespace"';
/** The same, of series that say which model they are about. */
export const MODEL = `${NAMESPACE}, model=~"$model"`;
/** The same of what an alias points at, without what the traffic policy has beside it. */
export const OF_ALIAS = `${MODEL}, alias!~"canary|shadow|standby"`;

/**
 * A series of zeros named `none` where a query by one label finds nothing, for what only comes into being when
 * something goes wrong: a chart without data would not tell health from a scrape that fails.
 */
export function orNone(expr: string, label: string): string {
  return `${expr} or on () label_replace(vector(0), "${label}", "none", "", "")`;
}

/** The same for a query that gives one number. */
export function orZero(expr: string): string {
  return `${expr} or vector(0)`;
}
