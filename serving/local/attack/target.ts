import { PlatformFailure } from '../failure.js';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** `broker.example` of `broker.example:9092`, `[::1]` of `[::1]:9092`. */
function hostOf(broker: string): string {
  return broker.replace(/:\d+$/, '').toLowerCase();
}

/**
 * An attack reaches this machine, and what somebody has named on purpose, and nothing else.
 *
 * @throws {PlatformFailure} naming the brokers that it may not be sent to
 */
export function requireTarget(brokers: readonly string[], allowedHosts: readonly string[]): void {
  const allowed = new Set(allowedHosts.map((host) => host.toLowerCase()));
  const refused = brokers.filter((broker) => !LOOPBACK.test(hostOf(broker)) && !allowed.has(hostOf(broker)));
  if (refused.length === 0) return;
  throw new PlatformFailure(
    `An attack is not sent to ${refused.join(', ')}: not on this machine.`,
    `If that is your own test cluster: ALLOW_TARGET=${[...new Set(refused.map(hostOf))].join(',')}.`,
  );
}
