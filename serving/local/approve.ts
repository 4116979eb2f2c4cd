import { bold, dim, print, say } from './console.js';
import { PlatformFailure } from './failure.js';
import type { Platform } from './platform.js';

const ANSWERS = ['Approve', 'Reject'];

/** What waits for a person's word before a promotion, and the answer, where one is given. */
export async function approve({ airflowApi: api, settings }: Platform): Promise<void> {
  const { answer, note = '', dagId } = settings;
  const [waiting, ...others] = await api.waitingForAnswer(dagId);
  if (waiting === undefined) {
    say('nothing waits for an answer');
    return;
  }
  say(bold(waiting.subject));
  print(waiting.body ?? '');
  if (others.length > 0) say(dim(`${others.length} more wait after this one`));
  if (answer === undefined) {
    say(`answer with ${bold('make approve ANSWER=approve')} or ${bold('ANSWER=reject')} (NOTE='why')`);
    return;
  }
  const option = ANSWERS.find((known) => known.toLowerCase() === answer.toLowerCase());
  if (option === undefined) {
    throw new PlatformFailure(`ANSWER is ${answer}.`, 'Expected approve or reject.');
  }
  await api.answer(waiting, option, note);
  say(`${bold(option)}, of ${waiting.task_instance.dag_run_id}`);
}
