import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { MlflowHttp, type MlflowConnection } from './mlflow-http.js';
import { RegistryError } from './model-registry.js';
import { MAX_RECORD_LENGTH, type PromotionRecords } from './promotion-records.js';

const NOTE =
  'Every move of the alias champion, as parameters, which MLflow lets nobody change. Written and read by the serving ' +
  'command line: promote, rollback, history. Do not delete.';

const paramsSchema = z.array(z.object({ key: z.string(), value: z.string() })).default([]);
const runSchema = z.object({
  info: z.object({ run_id: z.string(), lifecycle_stage: z.string() }),
  data: z.object({ params: paramsSchema }).default({ params: [] }),
});
const runAnswer = z.object({ run: runSchema });
const runsAnswer = z.object({ runs: z.array(runSchema).default([]) });
const experimentAnswer = z.object({
  experiment: z.object({ experiment_id: z.string(), lifecycle_stage: z.string() }),
});
const createdAnswer = z.object({ experiment_id: z.string() });

/**
 * The records of a model are the parameters of the one run in the experiment `promotions/<model>`. A parameter can't be
 * changed, and (run, key) is the primary key of its table, so that writing one is a compare-and-set.
 */
export class MlflowPromotionRecords implements PromotionRecords {
  readonly #mlflow: MlflowHttp;
  /** Model -> run that holds its records. It never is another. */
  readonly #runs = new Map<string, string>();

  constructor(connection: MlflowConnection) {
    this.#mlflow = new MlflowHttp(connection);
  }

  async readAll(model: string): Promise<ReadonlyMap<string, string>> {
    const run = await this.#find(model);
    if (run === undefined) return new Map();
    const answer = await this.#mlflow.get('/runs/get', { run_id: run }, runAnswer);
    if (answer.run.info.lifecycle_stage !== 'active') throw deleted(model);
    return new Map(answer.run.data.params.map(({ key, value }) => [key, value]));
  }

  async writeOnce(model: string, key: string, value: string): Promise<boolean> {
    if (value.length > MAX_RECORD_LENGTH)
      throw new RangeError(`Record ${key} has ${value.length} characters`);
    const run = (await this.#find(model)) ?? (await this.#create(model));
    try {
      await this.#mlflow.put('/runs/log-parameter', { run_id: run, key, value });
      return true;
    } catch (error) {
      if (!(error instanceof RegistryError) || error.kind === 'denied') throw error;
      // Not judged by its words: what is written there now says whether it was a conflict.
      const written = await this.#written(model, key).catch(() => undefined);
      if (written === undefined) throw error;
      return written === value;
    }
  }

  async #written(model: string, key: string): Promise<string | undefined> {
    return (await this.readAll(model)).get(key);
  }

  async #find(model: string): Promise<string | undefined> {
    const known = this.#runs.get(model);
    if (known !== undefined) return known;
    const experiment = await this.#experiment(model);
    if (experiment === undefined) return undefined;
    const { runs } = runsAnswer.parse(
      await this.#mlflow.put('/runs/search', {
        experiment_ids: [experiment],
        run_view_type: 'ALL',
        max_results: 100,
      }),
    );
    const active = runs.filter(({ info }) => info.lifecycle_stage === 'active');
    const [run] = active;
    if (run === undefined || runs.some((one) => !active.includes(one) && one.data.params.length > 0)) {
      throw deleted(model);
    }
    if (active.length > 1) {
      throw new RegistryError(
        'rejected',
        `Experiment ${nameOf(model)} holds ${active.length} runs, so that it can't be told which is the promotion history`,
      );
    }
    this.#runs.set(model, run.info.run_id);
    return run.info.run_id;
  }

  async #experiment(model: string): Promise<string | undefined> {
    try {
      const { experiment } = await this.#mlflow.get(
        '/experiments/get-by-name',
        { experiment_name: nameOf(model) },
        experimentAnswer,
      );
      if (experiment.lifecycle_stage !== 'active') throw deleted(model);
      return experiment.experiment_id;
    } catch (error) {
      if (error instanceof RegistryError && error.kind === 'not-found') return undefined;
      throw error;
    }
  }

  /**
   * Under a name of its own first, so that the experiment has its run when it gets the real name: names are unique,
   * and of those who create it at once the one whose renaming succeeds has created it.
   */
  async #create(model: string): Promise<string> {
    const name = `${nameOf(model)}/new-${randomBytes(8).toString('hex')}`;
    const { experiment_id: experiment } = createdAnswer.parse(
      await this.#mlflow.post('/experiments/create', { name }),
    );
    const { run } = runAnswer.parse(
      await this.#mlflow.post('/runs/create', {
        experiment_id: experiment,
        run_name: 'promotion history',
        start_time: Date.now(),
        tags: [{ key: 'mlflow.note.content', value: NOTE }],
      }),
    );
    await this.#mlflow.post('/runs/update', { run_id: run.info.run_id, status: 'FINISHED' });
    try {
      await this.#mlflow.put('/experiments/update', { experiment_id: experiment, new_name: nameOf(model) });
    } catch (error) {
      const winner = await this.#experiment(model).catch(() => undefined);
      if (winner === undefined) throw error;
      if (winner !== experiment) await this.#discard(experiment);
    }
    const found = await this.#find(model);
    if (found === undefined) throw new RegistryError('unreachable', `Experiment ${nameOf(model)} is gone`);
    return found;
  }

  /** What is left over when this fails is in nobody's way. */
  async #discard(experiment: string): Promise<void> {
    await this.#mlflow.post('/experiments/delete', { experiment_id: experiment }).catch(() => undefined);
  }
}

function nameOf(model: string): string {
  return `promotions/${model}`;
}

function deleted(model: string): RegistryError {
  return new RegistryError(
    'rejected',
    `The promotion history of ${model} was deleted from MLflow: restore experiment ${nameOf(model)} and its run`,
  );
}
