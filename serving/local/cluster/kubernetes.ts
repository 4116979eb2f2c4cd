import { z } from 'zod';
import { waitUntil, type WaitOptions } from '../wait-until.js';
import { CommandFailure, runCommand, type CommandOptions } from './child-command.js';

const secretSchema = z.object({ data: z.record(z.string(), z.string()).default({}) });

export interface ExecResult {
  readonly exitCode: number;
  readonly output: string;
}

export interface WaitForOptions<T> extends WaitOptions {
  /** What there is to wait for still, or undefined when there is nothing. */
  readonly missing: (object: T) => string | undefined;
  /** Told whenever what is missing changes. */
  readonly onProgress?: (missing: string) => void;
}

/** One namespace of the cluster that KUBECONFIG names, by way of kubectl. */
export class Kubernetes {
  constructor(readonly namespace: string) {}

  /** @throws {CommandFailure} with what kubectl says */
  kubectl(args: readonly string[], options?: CommandOptions): Promise<string> {
    return runCommand('kubectl', ['-n', this.namespace, ...args], options);
  }

  /** An object of the namespace, or one that is in none; undefined where there is none of that name. */
  async find<S extends z.ZodType>(schema: S, kind: string, name: string): Promise<z.infer<S> | undefined> {
    const found = await this.kubectl(['get', kind, name, '--ignore-not-found', '-o', 'json']);
    return found.trim() === '' ? undefined : schema.parse(JSON.parse(found));
  }

  /** @throws {CommandFailure} where there is none of that name */
  async get<S extends z.ZodType>(schema: S, kind: string, name: string): Promise<z.infer<S>> {
    return schema.parse(JSON.parse(await this.kubectl(['get', kind, name, '-o', 'json'])));
  }

  /** @param selector of labels, such as `app.kubernetes.io/name=serving`; all of the kind without it */
  async list<S extends z.ZodType>(schema: S, kind: string, selector = ''): Promise<z.infer<S>[]> {
    const found = await this.kubectl(['get', kind, '-l', selector, '-o', 'json']);
    return z.object({ items: z.array(schema) }).parse(JSON.parse(found)).items;
  }

  /** What a Secret holds, decoded. @throws {CommandFailure} where there is none of that name */
  async secret(name: string): Promise<Record<string, string>> {
    const { data } = await this.get(secretSchema, 'secret', name);
    return Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
    );
  }

  async apply(...objects: readonly object[]): Promise<void> {
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
    await this.kubectl(['apply', '-f', '-'], { input });
  }

  async patch(kind: string, name: string, change: object): Promise<void> {
    await this.kubectl(['patch', kind, name, '--type=merge', '-p', JSON.stringify(change)]);
  }

  async scale(kind: string, name: string, replicas: number): Promise<void> {
    await this.kubectl(['scale', `${kind}/${name}`, `--replicas=${replicas}`]);
  }

  /** Returns when it is gone, and is content when there was none. */
  async delete(kind: string, name: string, timeoutMs = 120_000): Promise<void> {
    const args = ['delete', kind, name, '--ignore-not-found', '--wait', `--timeout=${timeoutMs / 1000}s`];
    await this.kubectl(args, { timeoutMs: timeoutMs + 10_000 });
  }

  /**
   * Runs a program in a container, and says how it ended.
   * @param target a pod's name, or `deployment/name` for one of its pods
   */
  async exec(
    target: string,
    command: readonly string[],
    { container, ...options }: CommandOptions & { readonly container?: string } = {},
  ): Promise<ExecResult> {
    const chosen = container === undefined ? [] : ['-c', container];
    const stdin = options.input === undefined ? [] : ['-i'];
    try {
      const output = await this.kubectl(['exec', ...stdin, target, ...chosen, '--', ...command], options);
      return { exitCode: 0, output };
    } catch (error) {
      if (!(error instanceof CommandFailure) || error.exitCode === undefined) throw error;
      return { exitCode: error.exitCode, output: error.stdout + error.stderr };
    }
  }

  /** What a container has written; of the one before its last restart with `previous`. */
  logs(target: string, { previous = false, container = '' } = {}): Promise<string> {
    const chosen = container === '' ? [] : ['-c', container];
    return this.kubectl(['logs', target, ...chosen, ...(previous ? ['--previous'] : [])]);
  }

  /** Leaves one that is there as it is. */
  async createNamespace(labels: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: this.namespace, labels } });
  }

  /** With all that is in it. Is content if there is none. */
  async deleteNamespace({ wait = false } = {}): Promise<void> {
    await this.kubectl(['delete', 'namespace', this.namespace, `--wait=${wait}`, '--ignore-not-found'], {
      timeoutMs: 180_000,
    });
  }

  /**
   * Asks for objects until nothing is missing any more.
   * @throws {PlatformFailure} that says what is missing still when the time is over
   */
  async waitFor<T>(ask: () => Promise<T>, options: WaitForOptions<T>): Promise<T> {
    let said: string | undefined;
    return waitUntil(async () => {
      const object = await ask();
      const missing = options.missing(object);
      if (missing === undefined) return object;
      if (missing !== said) options.onProgress?.(missing);
      said = missing;
      throw new Error(missing);
    }, options);
  }
}
