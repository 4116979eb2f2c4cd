import { spawnSync } from 'node:child_process';
import { z } from 'zod';

/** Compiles without running or writing anything; the paths come NUL-separated. */
const script = `
import json, sys
errors = []
for path in filter(None, sys.stdin.read().split(chr(0))):
    try:
        with open(path, "rb") as file:
            compile(file.read(), path, "exec", dont_inherit=True)
    except FileNotFoundError:
        pass
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        errors.append(f"{path}:{line}: {error.msg}" if line else f"{path}: {error}")
print(json.dumps(errors))
`;

/**
 * What keeps Python from reading these files, as `file:line: reason`; empty when nothing does.
 * @param python the interpreter that runs the pipeline; nothing is said where there is none yet
 * @param files paths below `projectDir`
 */
export function syntaxErrors(python: string, projectDir: string, files: readonly string[]): string[] {
  const { error, status, stdout, stderr } = spawnSync(python, ['-I', '-W', 'ignore', '-c', script], {
    cwd: projectDir,
    input: files.join('\0'),
    encoding: 'utf8',
  });
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return [];
  if (error !== undefined || status !== 0) throw error ?? new Error(`Python could not read them: ${stderr}`);
  return z.array(z.string()).parse(JSON.parse(stdout));
}
