import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { ProcessTable } from '../../../local/process-table.js';
import { waitUntil } from '../../../local/wait-until.js';

describe('ProcessTable', () => {
  let stateDir: string;
  let table: ProcessTable;

  beforeEach(() => {
    stateDir = mkdtempSync(path.join(tmpdir(), 'process-table-'));
    table = new ProcessTable(stateDir, path.join(stateDir, 'logs'));
  });

  afterEach(async () => {
    await table.sweep();
    rmSync(stateDir, { recursive: true });
  });

  /** A leader with a child; `script` is for a shell. */
  async function startShell(script: string): Promise<number> {
    const env = { PATH: process.env['PATH'] ?? '' };
    const { pid } = await table.start('service', { file: 'sh', args: ['-c', script], cwd: stateDir, env });
    return pid;
  }

  async function until(condition: () => boolean, what: string): Promise<void> {
    await waitUntil(() => (condition() ? true : undefined), { what, timeoutMs: 30_000, intervalMs: 20 });
  }

  it('knows a service that runs, also from another table on the same folder', async () => {
    const pid = await startShell('sleep 60');
    const other = new ProcessTable(stateDir, path.join(stateDir, 'logs'));
    expect(other.running('service')?.pid).to.equal(pid);
    expect(other.running('another')).to.equal(undefined);
  });

  it('writes what the service prints to its log', async () => {
    await startShell('echo to the log; echo and this >&2; sleep 60');
    await until(() => existsSync(table.logFile('service')) && readLog().includes('and this'), 'the log');
    expect(readLog()).to.equal('to the log\nand this\n');
  });

  it('stops the leader and its children', async () => {
    await startShell('sleep 60 & sleep 60 & wait');
    await until(() => table.findAll().length === 3, 'three processes');
    await table.stop('service');
    expect(table.findAll()).to.deep.equal([]);
    expect(table.running('service')).to.equal(undefined);
  });

  it('ends by force what does not listen', async () => {
    await startShell(`trap '' TERM; echo deaf; while :; do sleep 0.1; done`);
    await until(() => existsSync(table.logFile('service')) && readLog().includes('deaf'), 'the trap');
    await table.stop('service', 200);
    await until(() => table.findAll().length === 0, 'the end of it');
  });

  it('finds and ends the children of a leader that was killed', async () => {
    const pid = await startShell('sleep 60 & sleep 60 & wait');
    await until(() => table.findAll().length === 3, 'three processes');
    process.kill(pid, 'SIGKILL');
    await until(() => table.findAll().length === 2, 'the leader to be gone');
    expect(table.running('service')).to.equal(undefined);
    expect(await table.sweep()).to.deep.equal([]);
  });

  it('ends stragglers and spares a service that runs', async () => {
    const pid = await startShell('sleep 60 & sleep 60 & wait');
    await until(() => table.findAll().length === 3, 'three processes');
    await table.endStragglers();
    expect(table.findAll()).to.have.length(3);
    process.kill(pid, 'SIGKILL');
    await until(() => table.findAll().length === 2, 'the leader to be gone');
    await table.endStragglers();
    expect(table.findAll()).to.deep.equal([]);
  });

  it('does not take a later process with the same pid for the service', async () => {
    await startShell('sleep 60');
    const file = path.join(stateDir, 'processes', 'service.json');
    const entry = readFileSync(file, 'utf8');
    await table.stop('service');
    const other = new ProcessTable(stateDir, path.join(stateDir, 'logs'));
    const forged = JSON.stringify({ ...(JSON.parse(entry) as object), pid: process.pid });
    writeFileSync(file, forged);
    expect(other.running('service')).to.equal(undefined);
  });

  const readLog = (): string => readFileSync(table.logFile('service'), 'utf8');
});
