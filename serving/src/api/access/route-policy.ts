/** What a request must bring: nothing, an API key, a token (JWT), or one of the two. */
export const REQUIREMENTS = ['off', 'api-key', 'jwt', 'any'] as const;

export type Requirement = (typeof REQUIREMENTS)[number];

/** What routes demand. A pattern is a route, or the beginning of routes followed by `*`. */
export interface RoutePolicy {
  readonly everywhere: Requirement;
  readonly rules: readonly { readonly pattern: string; readonly requirement: Requirement }[];
}

/** Probes bring no credentials, so no policy closes these. */
export const HEALTH_ROUTES: ReadonlySet<string> = new Set([
  '/health/live',
  '/health/ready',
  '/v2/health/live',
  '/v2/health/ready',
  '/ping',
  'grpc/ServerLive',
  'grpc/ServerReady',
]);

export function routeMatches(pattern: string, route: string): boolean {
  return pattern.endsWith('*') ? route.startsWith(pattern.slice(0, -1)) : route === pattern;
}

/** The longest matching pattern decides: the more a rule says about a route, the more it is meant for it. */
export function requirementOf({ everywhere, rules }: RoutePolicy, route: string): Requirement {
  if (HEALTH_ROUTES.has(route)) return 'off';
  let best: RoutePolicy['rules'][number] | undefined;
  for (const rule of rules) {
    if (routeMatches(rule.pattern, route) && rule.pattern.length > (best?.pattern.length ?? -1)) best = rule;
  }
  return best?.requirement ?? everywhere;
}

/** Whether any route needs this kind of credential. */
export function policyNeeds({ everywhere, rules }: RoutePolicy, kind: 'api-key' | 'jwt'): boolean {
  return [everywhere, ...rules.map(({ requirement }) => requirement)].some(
    (requirement) => requirement === kind || requirement === 'any',
  );
}

/** Patterns that match none of the routes: misspelt ones, which would leave open what they were to close. */
export function idlePatterns(patterns: readonly string[], routes: readonly string[]): string[] {
  return patterns.filter((pattern) => !routes.some((route) => routeMatches(pattern, route)));
}
