import type { Command, Step } from './deploy-step.js';

/** A command as a shell takes it. */
export function shellCommand({ file, args, input, env = {} }: Command): string {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${quoted(value)}`);
  const own = [...variables, file, ...args.map(quoted)].join(' ');
  return input === undefined ? own : `${shellCommand(input)} | ${own}`;
}

/** The steps as a script, each below what it does. */
export function planText(steps: readonly Step[], kubeconfig: string): string {
  const texts = steps.map(({ what, commands, secretFiles = [] }, position) =>
    [
      `# ${position + 1}. ${what}`,
      ...commands.map(shellCommand),
      ...secretFiles.map((file) => `rm -f ${quoted(file)}`),
    ].join('\n'),
  );
  return [`export KUBECONFIG=${quoted(kubeconfig)}`, ...texts].join('\n\n');
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
