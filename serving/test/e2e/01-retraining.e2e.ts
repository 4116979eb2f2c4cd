import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { followRun } from '../../local/run-follower.js';
import { waitUntil } from '../../local/wait-until.js';
import { platform } from './platform.js';

describe('the retraining loop', () => {
  it('goes from nothing to an answered prediction with `make up`', async () => {
    const output = await platform.make('up');

    expect(output).to.match(/^curl -s /m);
    expect(output).to.match(/"score":0?\.\d+|"score":[01]\b/);
    expect(output).to.match(/^x-model-version: 1$/m);
    expect((await platform.champion()).version).to.equal('1');
  });

  it('says that the data is synthetic where the model is registered', async () => {
    const { version } = await platform.champion();
    const { tags } = await platform.registry.getModelVersion(platform.settings.modelName, version);

    expect(tags.get('synthetic')).to.equal('true');
    expect(tags.get('blessing')).to.equal('blessed');
  });

  it('is harmless to start again: same processes, no second training', async () => {
    const names = ['mlflow', 'airflow', 'serving'];
    const before = names.map((name) => platform.parts.processes.running(name)?.pid);

    const output = await platform.make('up');

    expect(output).to.include('a champion serves already: version 1');
    expect(names.map((name) => platform.parts.processes.running(name)?.pid)).to.deep.equal(before);
  });

  it('starts again what has crashed, and only that', async () => {
    const { processes } = platform.parts;
    const serving = processes.running('serving')!;
    const airflow = processes.running('airflow')!;
    process.kill(serving.pid, 'SIGKILL');

    await platform.make('up');

    expect(processes.running('serving')?.pid).to.not.equal(serving.pid);
    expect(processes.running('airflow')?.pid).to.equal(airflow.pid);
  });
});

describe('a pushed change', () => {
  const dagId = 'e2e_probe';
  const { settings, parts } = platform;
  let copy: string;

  before('a copy of the project to edit', () => {
    copy = mkdtempSync(path.join(tmpdir(), 'edited-project-'));
    cpSync(path.join(settings.projectDir, 'dags'), path.join(copy, 'dags'), { recursive: true });
    cpSync(path.join(settings.projectDir, '.gitignore'), path.join(copy, '.gitignore'));
    cpSync(path.join(settings.projectDir, 'mlflow', 'contract'), path.join(copy, 'mlflow', 'contract'), {
      recursive: true,
    });
  });

  after('Airflow follows the project again', () => {
    rmSync(copy, { recursive: true, force: true });
    parts.dags.push(settings.projectDir);
  });

  function writeProbe(answer: string): void {
    const source = [
      'from airflow.sdk import dag, task',
      '',
      `@dag(dag_id="${dagId}", schedule=None)`,
      'def probe():',
      '    @task',
      '    def answer() -> str:',
      `        return "${answer}"`,
      '    answer()',
      '',
      'probe()',
      '',
    ].join('\n');
    writeFileSync(path.join(copy, 'dags', 'e2e_probe.py'), source);
  }

  async function runProbe(): Promise<{ version: string | null | undefined; answer: unknown }> {
    const api = parts.airflowApi;
    await api.unpause(dagId);
    const { dag_run_id: runId } = await api.trigger(dagId, {});
    const run = await followRun({ api, dagId, runId, timeoutMs: 300_000 });
    expect(run.state).to.equal('success');
    const [task] = await api.tasks(dagId, runId);
    return { version: run.bundle_version, answer: await api.returnValue(dagId, runId, task!) };
  }

  it('is run by Airflow, under the commit that was pushed', async () => {
    writeProbe('first');
    const { commit } = parts.dags.push(copy);
    const api = parts.airflowApi;
    await waitUntil(async () => ((await api.hasDag(dagId)) ? true : undefined), {
      what: 'the pushed DAG',
      timeoutMs: 300_000,
    });

    expect(await runProbe()).to.deep.equal({ version: commit, answer: 'first' });
  });

  it('replaces what ran before', async () => {
    writeProbe('second');
    const { commit } = parts.dags.push(copy);
    await waitUntil(
      async () => ((await parts.airflowApi.bundleVersion(dagId)) === commit ? true : undefined),
      { what: 'the second push to be parsed', timeoutMs: 300_000 },
    );

    expect(await runProbe()).to.deep.equal({ version: commit, answer: 'second' });
  });

  it('makes no commit when nothing changed', () => {
    const first = parts.dags.push(copy);
    expect(parts.dags.push(copy)).to.deep.equal({ ...first, changed: false });
  });
});
