import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** A page of metrics on the loopback address. */
export interface ScrapeTarget {
  /** The job of monitoring/prometheus/prometheus.yaml that it belongs to. */
  readonly job: string;
  readonly port: number;
}

/**
 * Which of the platform's processes Prometheus is to scrape: a file for each, which Prometheus watches. It is there
 * from the start of a process to its orderly end, whether Prometheus runs or not: one that crashes is still expected,
 * and therefore down; one that was never started, or was stopped, is not.
 */
export class ScrapeTargets {
  readonly directory: string;

  constructor(stateDir: string) {
    this.directory = path.join(stateDir, 'prometheus', 'targets');
  }

  /** @param name of the process; what it had before is replaced */
  add(name: string, { job, port }: ScrapeTarget): void {
    mkdirSync(this.directory, { recursive: true });
    const group = { targets: [`127.0.0.1:${port}`], labels: { job, namespace: 'local' } };
    // Prometheus reads a file the moment that it changes, and must not find half of it.
    const partial = path.join(this.directory, `${name}.partial`);
    writeFileSync(partial, `${JSON.stringify([group])}\n`);
    renameSync(partial, this.file(name));
  }

  remove(name: string): void {
    rmSync(this.file(name), { force: true });
  }

  /** Nothing is meant to run any more. */
  clear(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  private file(name: string): string {
    return path.join(this.directory, `${name}.json`);
  }
}
