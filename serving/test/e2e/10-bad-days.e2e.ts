import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { DagRun } from '../../local/airflow-api.js';
import type { Push } from '../../local/dag-repository.js';
import { PlatformFailure } from '../../local/failure.js';
import { pushDags } from '../../local/push-dags.js';
import { untilParsed } from '../../local/retraining.js';
import { followRun } from '../../local/run-follower.js';
import { waitUntil } from '../../local/wait-until.js';
import { rejection } from '../support/rejection.js';
import { platform } from './platform.js';

describe('a push of a DAG with a syntax error', () => {
  const dagId = 'e2e_bad_day';
  const file = `${dagId}.py`;
  const { parts } = platform;
  const api = parts.airflowApi;
  let copy: string;
  let goPath: string;
  let good: Push;
  let begun: DagRun;

  before('a DAG that works', async () => {
    copy = mkdtempSync(path.join(tmpdir(), 'bad-day-'));
    goPath = path.join(copy, 'go');
    for (const part of ['dags', path.join('mlflow', 'contract'), '.gitignore']) {
      cpSync(path.join(platform.settings.projectDir, part), path.join(copy, part), { recursive: true });
    }
    writeDag('first');
    good = push();
    await untilParsed(api, dagId, good);
    await api.unpause(dagId);
  });

  after('Airflow follows the project again', () => {
    rmSync(copy, { recursive: true, force: true });
    parts.dags.push(platform.settings.projectDir);
  });

  /** Its one task waits for a file, so that a run can be in the middle of something. */
  function writeDag(answer: string, more = ''): void {
    const source = [
      'import time',
      'from pathlib import Path',
      '',
      'from airflow.sdk import dag, task',
      '',
      `@dag(dag_id="${dagId}", schedule=None)`,
      'def bad_day():',
      '    @task',
      '    def answer() -> str:',
      `        while not Path("${goPath}").exists():`,
      '            time.sleep(0.2)',
      `        return "${answer}"`,
      '    answer()',
      '',
      'bad_day()',
      more,
    ].join('\n');
    writeFileSync(path.join(copy, 'dags', file), source);
  }

  function push(force = false): Push {
    return pushDags({ settings: { ...platform.settings, projectDir: copy, force }, dags: parts.dags });
  }

  async function finish({ dag_run_id: runId }: DagRun): Promise<unknown> {
    if (!existsSync(goPath)) writeFileSync(goPath, '');
    const run = await followRun({ api, dagId, runId, timeoutMs: 300_000 });
    const [task] = await api.tasks(dagId, runId);
    return [run.state, run.bundle_version, await api.returnValue(dagId, runId, task!)];
  }

  it('is refused, and runs go on with the version that was there', async () => {
    writeDag('second', 'def broken(:');
    expect(() => push()).to.throw(PlatformFailure, `dags/${file}:`);
    await untilParsed(api, dagId, good);
    expect(await finish(await api.trigger(dagId, {}))).to.deep.equal(['success', good.commit, 'first']);
  });

  it('that is forced shows everywhere: what may not begin is not begun, with a reason', async () => {
    rmSync(goPath);
    begun = await api.trigger(dagId, {});
    await waitUntil(
      async () => (await api.tasks(dagId, begun.dag_run_id))[0]?.state === 'running' || undefined,
      {
        what: 'the run to begin',
        timeoutMs: 300_000,
      },
    );
    const broken = push(true);

    const error = await rejection(untilParsed(api, dagId, broken), PlatformFailure);
    expect(error.message).to.match(new RegExp(`can't import what was pushed: ${file}: SyntaxError: `));
    expect(error.remedy).to.include('a run that has begun waits');
    expect((await api.importErrors()).map((found) => found.file)).to.deep.equal([file]);
    expect(await platform.make('status')).to.match(new RegExp(`broken +${file}: SyntaxError`));
    expect((await rejection(api.trigger(dagId, {}), Error)).message).to.include('404');
    // Other DAGs go on.
    await untilParsed(api, platform.settings.dagId, broken);
  });

  it('is healed by the push of its correction, also for a run that had begun: with the version it began with', async () => {
    writeDag('third');
    const corrected = push();
    await untilParsed(api, dagId, corrected);
    expect(await api.importErrors()).to.deep.equal([]);
    expect(await finish(begun)).to.deep.equal(['success', good.commit, 'first']);
    expect(await finish(await api.trigger(dagId, {}))).to.deep.equal(['success', corrected.commit, 'third']);
  });

  it('is no reason to run old code: what a DAG file imports counts as soon as it is pushed', async () => {
    writeFileSync(path.join(copy, 'dags', 'retraining', 'unrelated.py'), '');
    const pushed = push();
    await untilParsed(api, dagId, pushed);
    const run = await api.trigger(dagId, {});
    expect(run.bundle_version).to.equal(pushed.commit);
    await finish(run);
  });
});
