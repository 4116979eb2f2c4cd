import { bold, dim, say } from './console.js';
import type { Platform } from './platform.js';

/** Publishes the working tree's pipeline code to the repository that Airflow follows. */
export function pushDags({ settings, dags }: Platform): void {
  const push = dags.push(settings.projectDir);
  const commit = bold(push.commit.slice(0, 12));
  say(
    push.changed
      ? `DAGs pushed: ${commit} ${dim(push.subject)}`
      : `DAGs unchanged: ${commit} ${dim(push.subject)}`,
  );
}
