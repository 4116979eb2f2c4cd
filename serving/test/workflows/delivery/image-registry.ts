import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import axios, { isAxiosError } from 'axios';
import { eventually } from '../../support/eventually.js';
import { freePorts } from '../../support/free-ports.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

/** Who may use a registry: `htpasswd -nbB` of a name and its password. */
export interface RegistryUser {
  readonly name: string;
  readonly password: string;
  readonly htpasswd: string;
}

const tagsOf = (answer: unknown): string[] => (answer as { tags: string[] | null }).tags ?? [];

/** A real registry of images, that of the CNCF's project Distribution, which forgets them when it ends. */
export class ImageRegistry {
  readonly #process: ChildProcess;

  private constructor(
    /** As images are named that are in there. */
    readonly host: string,
    private readonly user: RegistryUser | undefined,
    program: ChildProcess,
  ) {
    this.#process = program;
    process.once('exit', this.#kill);
  }

  readonly #kill = (): void => {
    this.#process.kill('SIGKILL');
  };

  /** @param user without one, everybody may read and write */
  static async start(user?: RegistryUser): Promise<ImageRegistry> {
    const program = process.env['IMAGE_REGISTRY_PROGRAM'] ?? '';
    if (!existsSync(program)) throw new Error('IMAGE_REGISTRY_PROGRAM names no registry of images.');
    const folder = temporaryDirectory();
    const [port] = await freePorts(1);
    const host = `127.0.0.1:${port!}`;
    const passwords = join(folder, 'htpasswd');
    if (user !== undefined) writeFileSync(passwords, `${user.htpasswd}\n`);
    const configuration = {
      version: 0.1,
      log: { level: 'error', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: join(folder, 'data') } },
      http: { addr: host, secret: 'shared with nobody' },
      ...(user && { auth: { htpasswd: { realm: 'images', path: passwords } } }),
    };
    const file = join(folder, 'configuration.json');
    // JSON is YAML.
    writeFileSync(file, JSON.stringify(configuration));
    const started = spawn(program, ['serve', file], {
      stdio: 'ignore',
      env: { ...process.env, OTEL_TRACES_EXPORTER: 'none' },
    });
    const registry = new ImageRegistry(host, user, started);
    await eventually(() => registry.repositories(), 20_000);
    return registry;
  }

  get port(): number {
    return Number(this.host.split(':')[1]);
  }

  async repositories(): Promise<readonly string[]> {
    return ((await this.#ask('_catalog')) as { repositories: string[] }).repositories;
  }

  /** None of a repository that does not exist. */
  async tags(repository: string): Promise<readonly string[]> {
    try {
      return tagsOf(await this.#ask(`${repository}/tags/list`));
    } catch (error) {
      if (isAxiosError(error) && error.response?.status === 404) return [];
      throw error;
    }
  }

  async stop(): Promise<void> {
    process.off('exit', this.#kill);
    const ended = once(this.#process, 'exit');
    this.#process.kill();
    await ended;
  }

  async #ask(path: string): Promise<unknown> {
    const { data } = await axios.get<unknown>(`http://${this.host}/v2/${path}`, {
      proxy: false,
      ...(this.user && { auth: { username: this.user.name, password: this.user.password } }),
    });
    return data;
  }
}
