import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import axios from 'axios';
import { eventually } from './eventually.js';
import { freePorts } from './free-ports.js';
import { monitoringTool } from './monitoring-tools.js';
import { temporaryDirectory } from './temporary-directory.js';

const START_MS = 60_000;

interface Options {
  /** Its configuration, in which JSON is YAML, too. */
  readonly configuration?: object;
  /** Of its data; some may be there already. */
  readonly data?: string;
  /** Further ones of its command line. */
  readonly flags?: readonly string[];
}

/** A real Prometheus on a free port; it is killed when the tests end before it is stopped. */
export class PrometheusUnderTest {
  private constructor(
    readonly url: string,
    private readonly process: ChildProcess,
  ) {}

  static isInstalled(): boolean {
    return monitoringTool('prometheus') !== undefined;
  }

  static async start({ configuration = {}, data, flags = [] }: Options): Promise<PrometheusUnderTest> {
    const folder = temporaryDirectory();
    const file = join(folder, 'prometheus.yaml');
    writeFileSync(file, JSON.stringify(configuration));
    const [port] = await freePorts(1);
    const child = spawn(
      monitoringTool('prometheus')!,
      [
        `--config.file=${file}`,
        `--storage.tsdb.path=${data ?? join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port!}`,
        ...flags,
      ],
      { stdio: 'ignore' },
    );
    const kill = (): void => void child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    const prometheus = new PrometheusUnderTest(`http://127.0.0.1:${port!}`, child);
    await eventually(() => axios.get(`${prometheus.url}/-/ready`, { proxy: false }), START_MS);
    return prometheus;
  }

  /** One that looks at a tier every second. @param target host and port of its management */
  static scraping(
    target: string,
    labels: Readonly<Record<string, string>> = {},
  ): Promise<PrometheusUnderTest> {
    const job = { job_name: 'serving', static_configs: [{ targets: [target], labels }] };
    return PrometheusUnderTest.start({
      configuration: { global: { scrape_interval: '1s' }, scrape_configs: [job] },
    });
  }

  /** Safe to call again. */
  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await ended;
  }
}
