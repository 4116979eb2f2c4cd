import { z } from 'zod';
import { runCommand } from './child-command.js';

const releasesSchema = z.array(
  z.object({ name: z.string(), status: z.string(), revision: z.coerce.number(), chart: z.string() }),
);

export type Release = z.infer<typeof releasesSchema>[number];

export interface Installation {
  readonly release: string;
  /** A folder. */
  readonly chart: string;
  /** Files; later ones win. */
  readonly values: readonly string[];
  /** `--set` for single values, `a.b=c`; they win over files. */
  readonly set?: readonly string[];
  readonly timeoutMinutes: number;
  /** Whether to return only when everything is ready. */
  readonly wait?: boolean;
  /** Goes back to the release before, where this one does not become ready; undefined: leaves it for somebody to look at. */
  readonly rollBack?: RollBackFlag;
  /** Gives up: the release counts as failed then, and can be installed again. */
  readonly signal?: AbortSignal;
}

/** What Helm 3 and Helm 4 call the same. */
export type RollBackFlag = '--atomic' | '--rollback-on-failure';

/** @param version as `helm version --short` prints it, such as `v4.3.0+g0123456` */
export function rollBackFlag(version: string): RollBackFlag {
  return /^v?3\./.test(version.trim()) ? '--atomic' : '--rollback-on-failure';
}

/** How long an upgrade may take: going back has the same time once more, and Helm that is ended meanwhile leaves neither. */
export function upgradeMinutes({
  timeoutMinutes,
  rollBack,
}: Pick<Installation, 'timeoutMinutes' | 'rollBack'>): number {
  return rollBack === undefined ? timeoutMinutes : 2 * timeoutMinutes;
}

/** After `helm`, and the namespace. */
export function upgradeInstallArguments({
  release,
  chart,
  values,
  set = [],
  timeoutMinutes,
  wait = true,
  rollBack,
}: Omit<Installation, 'signal'>): readonly string[] {
  return [
    'upgrade',
    '--install',
    release,
    chart,
    '--create-namespace',
    ...valueOptions(values, set),
    ...(wait ? ['--wait', '--timeout', `${timeoutMinutes}m`] : []),
    ...(rollBack === undefined ? [] : [rollBack]),
    '--hide-notes',
  ];
}

/** Releases in one namespace of the cluster that KUBECONFIG names, by way of helm. */
export class Helm {
  constructor(readonly namespace: string) {}

  /** Puts the charts that a chart names by `file://` where helm looks for them. Their lock is left as it is. */
  async buildDependencies(chart: string): Promise<void> {
    await runCommand('helm', ['dependency', 'build', chart, '--skip-refresh'], { timeoutMs: 120_000 });
  }

  /** What an installation would send, without asking the cluster. */
  template({
    release,
    chart,
    values,
    set = [],
  }: Omit<Installation, 'timeoutMinutes' | 'wait' | 'signal'>): Promise<string> {
    return this.helm(['template', release, chart, ...valueOptions(values, set)], 1);
  }

  async upgradeInstall({ signal, ...installation }: Installation): Promise<void> {
    await this.helm(upgradeInstallArguments(installation), upgradeMinutes(installation), signal);
  }

  /** To the revision before this one, or to a given one. */
  async rollback(release: string, timeoutMinutes: number, revision = 0): Promise<void> {
    const options = ['--wait', '--timeout', `${timeoutMinutes}m`];
    await this.helm(['rollback', release, String(revision), ...options], timeoutMinutes);
  }

  /** Returns when everything but what the charts keep is gone. Is content if there is no such release. */
  async uninstall(release: string, timeoutMinutes: number): Promise<void> {
    const options = [
      '--ignore-not-found',
      '--cascade',
      'foreground',
      '--wait',
      '--timeout',
      `${timeoutMinutes}m`,
    ];
    await this.helm(['uninstall', release, ...options], timeoutMinutes);
  }

  /** Runs the tests that charts bring along; returns what they printed. */
  test(release: string, timeoutMinutes: number): Promise<string> {
    return this.helm(['test', release, '--logs', '--timeout', `${timeoutMinutes}m`], timeoutMinutes);
  }

  /** Also one that failed or was interrupted; undefined where there is none. */
  async find(release: string): Promise<Release | undefined> {
    const states = ['--deployed', '--failed', '--pending', '--uninstalling'];
    const listed = await this.helm(['list', ...states, '--filter', `^${release}$`, '-o', 'json'], 1);
    return releasesSchema.parse(JSON.parse(listed))[0];
  }

  /** A minute longer than helm itself waits: it says why it gave up. */
  private helm(args: readonly string[], timeoutMinutes: number, signal?: AbortSignal): Promise<string> {
    const timeoutMs = (timeoutMinutes + 1) * 60_000;
    return runCommand('helm', ['-n', this.namespace, ...args], { timeoutMs, signal });
  }
}

function valueOptions(values: readonly string[], set: readonly string[]): string[] {
  return [...values.flatMap((file) => ['-f', file]), ...set.flatMap((value) => ['--set', value])];
}
