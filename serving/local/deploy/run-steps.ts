import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { CommandFailure, runCommand } from '../cluster/child-command.js';
import type { Kubernetes } from '../cluster/kubernetes.js';
import { withRolloutNews } from '../cluster/rollout-news.js';
import { bold, print, say } from '../console.js';
import { messageOf, PlatformFailure } from '../failure.js';
import type { Command, Step } from './deploy-step.js';

const MINUTE_MS = 60_000;
/** Of a command that says nothing of its own time. */
const QUICK_MINUTES = 2;

export interface RunOptions {
  /** What is said of a failure beside what the failed program says; nothing in most cases. */
  readonly explain: (step: Step) => Promise<string | undefined>;
  /** The commands of a step that are known only now; undefined: those of the plan. */
  readonly commandsOf: (
    step: Step,
  ) => Promise<{ readonly commands: readonly Command[]; close(): void } | undefined>;
}

/**
 * Does one thing after the other, and says each in a line.
 * @throws {PlatformFailure} that says what failed, what to correct, and that the same command goes on from there
 */
export async function runSteps(
  steps: readonly Step[],
  kubernetes: Kubernetes,
  { explain, commandsOf }: RunOptions,
): Promise<void> {
  for (const [position, step] of steps.entries()) {
    const number = `${position + 1}/${steps.length}`;
    say(`${number}  ${bold(step.what)}`);
    try {
      const known = await commandsOf(step);
      try {
        await runStep({ ...step, commands: known?.commands ?? step.commands }, kubernetes);
      } finally {
        known?.close();
      }
    } catch (error) {
      const explained = await explain(step).catch(() => undefined);
      throw new PlatformFailure(
        [
          `Step ${number} failed: ${step.what}.`,
          said(error),
          ...(explained === undefined ? [] : [explained]),
          '',
        ].join('\n'),
        [
          error instanceof PlatformFailure ? (error.remedy ?? '') : '',
          step.remedy,
          'Then the same command again: what is done already is not done twice.',
        ]
          .join(' ')
          .trim(),
        { cause: error },
      );
    }
  }
}

async function runStep(step: Step, kubernetes: Kubernetes): Promise<void> {
  const { secretFiles = [] } = step;
  const remove = (): void => {
    for (const file of secretFiles) rmSync(file, { force: true });
  };
  const interrupted = (): void => {
    remove();
    process.exit(130);
  };
  // Of a deployment that was killed, one may lie there still.
  remove();
  if (secretFiles.length > 0) process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    for (const command of step.commands) {
      const run = runOne(command);
      await (step.isRollout === true ? withRolloutNews(kubernetes, run) : run);
    }
  } finally {
    remove();
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
  }
}

async function runOne(command: Command): Promise<void> {
  if (command.isShown === true) {
    await runShown(command);
    return;
  }
  const output = await outputOf(command);
  const fault = command.check?.(output);
  if (fault !== undefined) throw new PlatformFailure(fault);
}

export async function outputOf({
  file,
  args,
  env,
  input,
  timeoutMinutes = QUICK_MINUTES,
}: Command): Promise<string> {
  return runCommand(file, args, {
    timeoutMs: timeoutMinutes * MINUTE_MS,
    ...(env !== undefined && { env }),
    ...(input !== undefined && { input: (await outputOf(input)).trim() }),
  });
}

/** Its output is that of this process. */
async function runShown({ file, args, env, timeoutMinutes = QUICK_MINUTES }: Command): Promise<void> {
  print();
  const child = spawn(file, [...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: timeoutMinutes * MINUTE_MS,
    env: { ...process.env, ...env },
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  if (code !== 0) throw new PlatformFailure(`${file} ended with ${code ?? signal ?? 'nothing'}.`);
}

function said(error: unknown): string {
  if (!(error instanceof CommandFailure)) return messageOf(error);
  const stderr = error.stderr.trim();
  return stderr === '' ? error.message : stderr;
}
