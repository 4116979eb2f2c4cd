import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { posix } from 'node:path';

/** How much of the machine this process may use. */
export interface CpuAllowance {
  /** Cores that can be kept busy without being throttled; at least 1. */
  readonly cores: number;
  /** What limits them, for whoever reads an error: `the CPU quota of the cgroup (1.5)`. */
  readonly limit: string;
}

/** The content of a file, undefined if there is none or it can't be read. */
export type FileReader = (path: string) => string | undefined;

interface Mount {
  /** What of the hierarchy is mounted: in a container without a cgroup namespace, its own group. */
  readonly root: string;
  readonly point: string;
  readonly type: string;
  readonly options: readonly string[];
}

interface Membership {
  readonly controllers: readonly string[];
  readonly path: string;
}

/**
 * The tightest CPU quota among the process's cgroup and those above it, of version 1 and 2, and the CPUs that it
 * may be scheduled on.
 *
 * A fraction is rounded down, as libuv does: two busy processes on 1.5 CPUs use up the quota in three quarters of
 * each period and then both stand still for the rest of it, which is seen at the 99th percentile. What is left over is for the
 * threads of V8 and of the runtime. Below one CPU there is one core, and throttling.
 *
 * @param affinity CPUs that the scheduler may use
 */
export function cpuAllowance(read: FileReader, affinity: number): CpuAllowance {
  const quota = Math.min(...quotas(read));
  if (quota >= affinity) return { cores: affinity, limit: `the CPUs available to the process (${affinity})` };
  return {
    cores: Math.max(1, Math.floor(quota)),
    limit: `the CPU quota of the cgroup (${Number(quota.toFixed(2))})`,
  };
}

/** Of this process, at the moment of the call. */
export function currentCpuAllowance(): CpuAllowance {
  return cpuAllowance(readIfThere, availableParallelism());
}

/** In CPUs; ends with Infinity, which is no quota. */
function quotas(read: FileReader): number[] {
  const mounts = lines(read('/proc/self/mountinfo')).flatMap(parseMount);
  const memberships = lines(read('/proc/self/cgroup')).flatMap(parseMembership);
  const v2 = groupDirectories(
    mounts.find(({ type }) => type === 'cgroup2'),
    memberships.find(({ controllers }) => controllers.length === 0),
  ).map((directory) => quotaOfV2(read(`${directory}/cpu.max`)));
  const v1 = groupDirectories(
    mounts.find(({ type, options }) => type === 'cgroup' && options.includes('cpu')),
    memberships.find(({ controllers }) => controllers.includes('cpu')),
  ).map((directory) =>
    quotaOfV1(read(`${directory}/cpu.cfs_quota_us`), read(`${directory}/cpu.cfs_period_us`)),
  );
  return [...v2, ...v1, Infinity];
}

/** `max 100000` or `150000 100000`. */
function quotaOfV2(text: string | undefined): number {
  const [quota, period] = (text ?? '').trim().split(' ');
  return ratio(quota, period);
}

/** -1 is no quota. */
function quotaOfV1(quota: string | undefined, period: string | undefined): number {
  return ratio(quota?.trim(), period?.trim());
}

function ratio(quota: string | undefined, period: string | undefined): number {
  const cpus = Number(quota) / Number(period);
  return cpus > 0 ? cpus : Infinity;
}

/** The directory of the group and of all above it, as far as they can be seen from here. */
function groupDirectories(mount: Mount | undefined, membership: Membership | undefined): string[] {
  if (mount === undefined || membership === undefined) return [];
  const below = posix.relative(mount.root, membership.path);
  // A path outside of what is mounted: the mount shows the container's own group.
  const steps = below === '' || below.startsWith('..') ? [] : below.split('/');
  return [0, ...steps.keys()].map((_, depth) => [mount.point, ...steps.slice(0, depth)].join('/'));
}

/** `31 23 0:28 /root /mount/point rw,nosuid shared:9 - cgroup2 cgroup2 rw` */
function parseMount(line: string): Mount[] {
  const [before = '', after = ''] = line.split(' - ');
  const [, , , root, point] = before.split(' ');
  const [type, , options] = after.split(' ');
  if (root === undefined || point === undefined || type === undefined) return [];
  return [{ root, point, type, options: (options ?? '').split(',') }];
}

/** `0::/path` in version 2, `4:cpu,cpuacct:/path` in version 1. */
function parseMembership(line: string): Membership[] {
  const match = /^\d+:([^:]*):(.*)$/.exec(line);
  if (match === null) return [];
  const [, controllers = '', path = ''] = match;
  return [{ controllers: controllers === '' ? [] : controllers.split(','), path }];
}

function lines(text: string | undefined): string[] {
  return (text ?? '').split('\n').filter((line) => line !== '');
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
