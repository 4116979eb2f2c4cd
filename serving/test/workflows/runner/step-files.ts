import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The files by which a step speaks to the runner, new for each step. */
export class StepFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    for (const name of ['output', 'env', 'path', 'summary', 'state']) writeFileSync(join(folder, name), '');
  }

  get variables(): Readonly<Record<string, string>> {
    const { output, env, path, summary, state } = {
      ...{ output: this.#path('output'), env: this.#path('env'), path: this.#path('path') },
      ...{ summary: this.#path('summary'), state: this.#path('state') },
    };
    return {
      ...{ GITHUB_OUTPUT: output, GITHUB_ENV: env, GITHUB_PATH: path },
      ...{ GITHUB_STEP_SUMMARY: summary, GITHUB_STATE: state },
    };
  }

  get outputs(): Readonly<Record<string, string>> {
    return readAssignments(this.#read('output'));
  }

  get environment(): Readonly<Record<string, string>> {
    return readAssignments(this.#read('env'));
  }

  get paths(): readonly string[] {
    return this.#read('path').split('\n').filter(Boolean);
  }

  get summary(): string {
    return this.#read('summary');
  }

  script(text: string): string {
    const path = this.#path('script.sh');
    writeFileSync(path, text);
    return path;
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  #read(name: string): string {
    return readFileSync(this.#path(name), 'utf8');
  }
}

/** `name=value` lines, and `name<<END ... END` for values of several. */
export function readAssignments(text: string): Readonly<Record<string, string>> {
  const values: Record<string, string> = {};
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i]!;
    if (line === '') continue;
    const many = /^([^=]+?)<<(.+)$/.exec(line);
    const one = /^([^=]+)=(.*)$/s.exec(line);
    if (many !== null) {
      const end = lines.indexOf(many[2]!, i + 1);
      if (end === -1) throw new Error(`The value of ${many[1]!} has no end: ${many[2]!} is missing`);
      values[many[1]!] = lines.slice(i + 1, end).join('\n');
      i = end;
    } else if (one !== null) {
      values[one[1]!] = one[2]!;
    } else {
      throw new Error(`«${line}» assigns nothing: a value of several lines needs name<<END`);
    }
  }
  return values;
}
