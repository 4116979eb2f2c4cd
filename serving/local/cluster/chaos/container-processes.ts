import { readdirSync, readFileSync } from 'node:fs';

export interface ContainerProcess {
  /** As this machine numbers it. */
  readonly pid: number;
  /** As the container does; 1 is its first. */
  readonly inside: number;
}

/**
 * The processes of a container that runs on this machine, as those of a cluster for tests do, the container's first one
 * first. None: it runs elsewhere, or this user may not see it.
 * @param id as the status of a pod has it, such as `containerd://3544d8...`
 */
export function processesOf(id: string, procfs = '/proc'): readonly ContainerProcess[] {
  const name = id.replace(/^.*:\/\//, '');
  return readdirSync(procfs)
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        // Whatever a container runtime calls the group, the container's id is in it.
        if (!readFileSync(`${procfs}/${entry}/cgroup`, 'utf8').includes(name)) return [];
        const [, numbers = ''] =
          /^NSpid:(.*)$/m.exec(readFileSync(`${procfs}/${entry}/status`, 'utf8')) ?? [];
        return [{ pid: Number(entry), inside: Number(numbers.trim().split(/\s+/).at(-1)) }];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    })
    .sort((a, b) => a.inside - b.inside);
}
