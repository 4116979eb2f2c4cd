import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { followRun } from '../../local/run-follower.js';
import { waitUntil } from '../../local/wait-until.js';
import { platform } from './platform.js';

const answerSchema = z.object({
  needed: z.boolean(),
  approved: z.boolean(),
  by: z.string().nullable(),
  note: z.string().nullable(),
});

/** The operator of the pipeline in a DAG of its own, since to train a better model takes a minute each time. */
describe('a promotion that a person has to approve', () => {
  const dagId = 'e2e_approval';
  const { settings, parts } = platform;
  const api = parts.airflowApi;
  let copy: string;

  before('a DAG that asks', async () => {
    copy = mkdtempSync(path.join(tmpdir(), 'asking-project-'));
    for (const part of ['dags', path.join('mlflow', 'contract'), '.gitignore']) {
      cpSync(path.join(settings.projectDir, part), path.join(copy, part), { recursive: true });
    }
    const source = [
      'from datetime import timedelta',
      '',
      'from airflow.sdk import Param, dag',
      '',
      'from orchestration.promotion_approval import PromotionApproval',
      '',
      '',
      `@dag(dag_id="${dagId}", schedule=None, params={"needed": "true", "seconds": 600})`,
      'def asking():',
      '    for seconds in (5, 600):',
      '        PromotionApproval(',
      '            task_id=f"approve_{seconds}",',
      '            needed="{{ params.needed if params.seconds == " + str(seconds) + " else \'\' }}",',
      '            subject="Promote version 7?",',
      '            body="AUC **0.81**",',
      '            params={"note": Param("", type="string")},',
      '            response_timeout=timedelta(seconds=seconds),',
      '        )',
      '',
      '',
      'asking()',
      '',
    ].join('\n');
    writeFileSync(path.join(copy, 'dags', `${dagId}.py`), source);
    parts.dags.push(copy);
    await waitUntil(async () => ((await api.hasDag(dagId)) ? true : undefined), {
      what: 'the DAG that asks',
      timeoutMs: 300_000,
    });
    await api.unpause(dagId);
  });

  after('Airflow follows the project again', () => {
    rmSync(copy, { recursive: true, force: true });
    parts.dags.push(settings.projectDir);
  });

  /** Starts a run, does what a person would, and resolves to what the task of that patience returned. */
  async function asked(conf: object, person: () => Promise<void>): Promise<z.infer<typeof answerSchema>> {
    const { seconds } = { seconds: 600, ...conf };
    const { dag_run_id: runId } = await api.trigger(dagId, { ...conf });
    const [run] = await Promise.all([followRun({ api, dagId, runId, timeoutMs: 300_000 }), person()]);
    expect(run.state).to.equal('success');
    const task = (await api.tasks(dagId, runId)).find(({ task_id: id }) => id === `approve_${seconds}`);
    return answerSchema.parse(await api.returnValue(dagId, runId, task!));
  }

  async function answers(option: string, note: string): Promise<void> {
    const question = await waitUntil(async () => (await api.waitingForAnswer(dagId))[0], {
      what: 'the question',
      timeoutMs: 300_000,
    });
    expect([question.subject, question.body]).to.deep.equal(['Promote version 7?', 'AUC **0.81**']);
    await api.answer(question, option, note);
  }

  it('waits for the answer, and knows who gave it', async () => {
    const answer = await asked({}, () => answers('Approve', 'looks good'));
    expect(answer).to.deep.include({ needed: true, approved: true, by: 'admin', note: 'looks good' });
  });

  it('takes a no for a no', async () => {
    const answer = await asked({}, () => answers('Reject', 'not before the holidays'));
    expect(answer).to.deep.include({ needed: true, approved: false, by: 'admin' });
  });

  it('takes no answer for a no', async () => {
    const answer = await asked({ seconds: 5 }, () => Promise.resolve());
    expect(answer).to.deep.include({ needed: true, approved: false, by: null });
  });

  it('is not asked for where nobody wants it', async () => {
    const answer = await asked({ needed: 'false' }, () => Promise.resolve());
    expect(answer).to.deep.include({ needed: false, approved: true, by: null });
  });
});
