import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Generated, Plan } from './plan.js';

/** A plan on its way. */
export interface RunningLoad {
  /** Ends it before its time. */
  stop(): void;
  /** Rejects when the generator ends without an answer. */
  readonly finished: Promise<Generated>;
}

/**
 * Sends the requests of a plan from a process of its own, so that nothing that the benchmark does meanwhile makes
 * a request late.
 */
export function startLoad(plan: Plan): RunningLoad {
  const generator = fork(new URL('./generator-process.ts', import.meta.url), [], {
    execArgv: ['--import', 'tsx'],
    // Typed arrays pass as they are.
    serialization: 'advanced',
  });
  const kill = () => generator.kill('SIGKILL');
  process.once('exit', kill);
  generator.send(plan);
  const answered = once(generator, 'message') as Promise<[Generated]>;
  const ended = once(generator, 'exit').then(() => {
    throw new Error('The load generator ended in the middle');
  });
  // It always ends; that is a failure only while there is no answer.
  ended.catch(() => undefined);
  return {
    stop: () => {
      generator.send('stop');
    },
    finished: Promise.race([answered, ended])
      .then(([generated]) => generated)
      .finally(() => process.off('exit', kill)),
  };
}

/** Sends all of a plan. */
export function generate(plan: Plan): Promise<Generated> {
  return startLoad(plan).finished;
}
