import type { TrafficStatus } from '../src/promotion/fleet.js';

/** The traffic policy in one line: "canary version 7: 10%; standby version 6". */
export function describeTraffic({ canary, shadow, standby }: TrafficStatus): string {
  const roles = [
    canary && `canary ${version(canary)}: ${canary.percent}%`,
    shadow && `shadow ${version(shadow)}: sees ${shadow.percent}%`,
    standby && `standby ${version(standby)}`,
  ].filter((role) => role !== null);
  return roles.length === 0 ? 'all to the champion' : roles.join('; ');
}

/** What of it a reader has to know of: what is not in force, and what may not answer. */
export function trafficTrouble({ problem, quarantined }: TrafficStatus): readonly string[] {
  const held = quarantined.map(({ version: number, cause }) => `version ${number} (${cause})`);
  return [
    ...(problem === null ? [] : [problem]),
    ...(held.length === 0 ? [] : [`in quarantine: ${held.join(', ')}`]),
  ];
}

function version({ version: number, available }: { version: string; available: boolean }): string {
  return `version ${number}${available ? '' : ' (not available)'}`;
}
