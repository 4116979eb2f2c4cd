import { cpus, release, totalmem, type } from 'node:os';

/** Where figures were measured. Nothing that tells whose machine it is. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly system: string;
  readonly node: string;
}

export function thisMachine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown CPU',
    cores: processors.length,
    memoryGib: Math.round(totalmem() / 1024 ** 3),
    system: `${type()} ${/^\d+\.\d+/.exec(release())?.[0] ?? release()}`,
    node: process.version,
  };
}

/** One line for below a table. */
export function describeMachine({ cpu, cores, memoryGib, system, node }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGib} GiB, ${system}, Node ${node}`;
}
