import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import axios from 'axios';
import { PlatformFailure } from '../failure.js';
import type { Command } from '../process-table.js';
import { inheritedEnvironment, type Service, type ServiceName } from '../service.js';
import type { Settings } from '../settings.js';
import type { ScrapeTarget } from './scrape-targets.js';

export interface ToolOptions {
  readonly name: ServiceName;
  /** Below the folder of tools. */
  readonly program: string;
  readonly args: readonly string[];
  /** Its page and its metrics are there, on loopback. */
  readonly port: number;
  /** undefined: whoever its metrics are about says when they are to be scraped. */
  readonly job?: string;
  /** Answers 200 when it works. */
  readonly readyPath: string;
  /** Writes what it wants to find, in the folder that it starts in. */
  readonly prepare?: (directory: string) => void;
}

/** One of the ready-made programs that watch the platform: a single binary with a page of metrics of its own. */
export class ToolService implements Service {
  readonly name: ServiceName;
  readonly url: string;
  readonly scrape?: ScrapeTarget;
  private readonly directory: string;

  constructor(
    private readonly settings: Settings,
    private readonly options: ToolOptions,
  ) {
    this.name = options.name;
    this.url = `http://127.0.0.1:${options.port}`;
    if (options.job !== undefined) this.scrape = { job: options.job, port: options.port };
    this.directory = path.join(settings.stateDir, options.name);
  }

  /** @throws {PlatformFailure} where the program is not installed */
  prepare(): void {
    if (!existsSync(this.program)) {
      throw new PlatformFailure(
        `${this.program} is missing.`,
        '`make monitoring-up` installs it, and needs Go for that.',
      );
    }
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    this.options.prepare?.(this.directory);
  }

  command(): Command {
    return {
      file: this.program,
      args: this.options.args,
      cwd: this.directory,
      env: inheritedEnvironment(),
    };
  }

  async missing(): Promise<string | undefined> {
    const { status } = await axios.get(this.url + this.options.readyPath, {
      timeout: 2000,
      proxy: false,
      validateStatus: () => true,
    });
    return status === 200 ? undefined : `${this.options.readyPath} answers ${status}`;
  }

  private get program(): string {
    return path.join(this.settings.monitoringToolsDir, this.options.program);
  }
}
