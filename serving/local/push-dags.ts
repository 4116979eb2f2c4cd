import { bold, complain, dim, say, yellow } from './console.js';
import type { Push } from './dag-repository.js';
import { PlatformFailure } from './failure.js';
import type { Platform } from './platform.js';
import { syntaxErrors } from './python-syntax.js';

/**
 * Publishes the working tree's pipeline code to the repository that Airflow follows. Code that Python can't read is
 * not published: Airflow neither schedules nor triggers a DAG whose file it can't import, and halts its runs, so
 * that the last good version goes on only where a bad one never arrives.
 * @throws {PlatformFailure} with file, line and reason; FORCE=1 publishes nevertheless
 */
export function pushDags({ settings, dags }: Pick<Platform, 'settings' | 'dags'>): Push {
  const push = dags.push(settings.projectDir, (files) => {
    const errors = syntaxErrors(settings.trainingPython, settings.projectDir, files);
    if (errors.length === 0) return;
    if (!settings.force) {
      throw new PlatformFailure(
        `Nothing was pushed, and what Airflow has goes on: ${errors.join('; ')}.`,
        'Correct it, or push it nevertheless with FORCE=1.',
      );
    }
    for (const error of errors) complain(yellow(`pushed nevertheless: ${error}`));
  });
  const commit = bold(push.commit.slice(0, 12));
  say(
    push.changed
      ? `DAGs pushed: ${commit} ${dim(push.subject)}`
      : `DAGs unchanged: ${commit} ${dim(push.subject)}`,
  );
  return push;
}
