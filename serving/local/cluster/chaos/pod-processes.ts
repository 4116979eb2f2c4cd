import { PlatformFailure } from '../../failure.js';
import type { Pod } from '../pods.js';
import { processesOf, type ContainerProcess } from './container-processes.js';
import type { Stage } from './scenario.js';

/** @throws {PlatformFailure} where there are none */
export function podProcesses({ metadata, status }: Pod): readonly ContainerProcess[] {
  const found = processesOf(status.containerStatuses[0]?.containerID ?? 'none');
  if (found.length > 0) return found;
  throw new PlatformFailure(
    `The processes of ${metadata.name} are not to be seen from here.`,
    'Scenarios that signal processes run as root on the machine of the node; SCENARIOS chooses others.',
  );
}

/** Until the scenario is over, or they have ended. */
export function freeze(processes: readonly ContainerProcess[], afterwards: Stage['afterwards']): void {
  for (const { pid } of processes) {
    process.kill(pid, 'SIGSTOP');
    afterwards(() => {
      signal(pid, 'SIGCONT');
      return Promise.resolve();
    });
  }
}

/** Whoever has ended needs no signal any more. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
