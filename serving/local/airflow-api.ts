import axios, { type AxiosInstance } from 'axios';
import { z } from 'zod';
import { messageOf, PlatformFailure } from './failure.js';

const tokenSchema = z.object({ access_token: z.string() });

const runSchema = z.object({
  dag_run_id: z.string(),
  state: z.string(),
  run_type: z.string(),
  bundle_version: z.string().nullish(),
  /** The parameters that whoever triggered it gave. */
  conf: z.record(z.string(), z.unknown()).nullish(),
});

const assetEventsSchema = z.object({
  asset_events: z.array(
    z.object({ timestamp: z.string(), extra: z.record(z.string(), z.unknown()).nullish() }),
  ),
});

const taskSchema = z.object({
  task_id: z.string(),
  map_index: z.number(),
  rendered_map_index: z.string().nullish(),
  state: z.string().nullable(),
  try_number: z.number(),
  start_date: z.string().nullable(),
  end_date: z.string().nullable(),
  duration: z.number().nullable(),
});

const dagSchema = z.object({
  bundle_version: z.string().nullish(),
  /** Not in the files any more, or in one that can't be imported: then it is neither scheduled nor triggered. */
  is_stale: z.boolean(),
  relative_fileloc: z.string().nullish(),
  file_token: z.string(),
});

const importErrorsSchema = z.object({
  import_errors: z.array(
    z.object({ filename: z.string(), stack_trace: z.string(), timestamp: z.coerce.date() }),
  ),
});

const questionSchema = z.object({
  subject: z.string(),
  body: z.string().nullish(),
  created_at: z.string(),
  task_instance: z.object({
    dag_id: z.string(),
    dag_run_id: z.string(),
    task_id: z.string(),
    map_index: z.number(),
  }),
});

const logSchema = z.object({
  content: z.array(
    z.union([z.string(), z.looseObject({ event: z.string(), error_detail: z.unknown().optional() })]),
  ),
});

/** What a task asks a person. */
export type Question = z.infer<typeof questionSchema>;
export type DagRun = z.infer<typeof runSchema>;
export type TaskInstance = z.infer<typeof taskSchema>;
export type Dag = z.infer<typeof dagSchema>;

/** A DAG file that Airflow can't import. */
export interface ImportError {
  readonly file: string;
  readonly reason: string;
  /** When it was last tried. */
  readonly at: Date;
}

const MAX_ATTEMPTS = 4;
/**
 * Airflow (3.3) fails a task that is answered before its scheduler has taken note that the task's process ended to
 * wait. No person is as quick as that; a program is.
 */
const QUESTION_AGE_MS = 3_000;

/** What the platform asks of Airflow's REST API. The token is renewed when Airflow no longer takes it. */
export class AirflowApi {
  private readonly http: AxiosInstance;
  private token: string | undefined;

  constructor(
    private readonly baseUrl: string,
    private readonly password: string | undefined,
    private readonly username = 'admin',
  ) {
    this.http = axios.create({ baseURL: baseUrl, timeout: 20_000, validateStatus: () => true });
  }

  /** Any Airflow, with a token that it has given, or as a user. */
  static at(
    baseUrl: string,
    credentials: { readonly token: string } | { readonly username: string; readonly password: string },
  ): AirflowApi {
    if ('password' in credentials) return new AirflowApi(baseUrl, credentials.password, credentials.username);
    const api = new AirflowApi(baseUrl, undefined);
    api.token = credentials.token;
    return api;
  }

  /** undefined while Airflow has not parsed a file that defines this DAG. */
  async dag(dagId: string): Promise<Dag | undefined> {
    const { status, data } = await this.request('GET', `/api/v2/dags/${dagId}`, [200, 404]);
    return status === 404 ? undefined : dagSchema.parse(data);
  }

  async hasDag(dagId: string): Promise<boolean> {
    return (await this.dag(dagId)) !== undefined;
  }

  /** The commit that Airflow has parsed the DAG from; undefined while it has not. */
  async bundleVersion(dagId: string): Promise<string | undefined> {
    return (await this.dag(dagId))?.bundle_version ?? undefined;
  }

  /** Has a DAG's file fetched and parsed next: Airflow would not hurry for one that a push has left as it was. */
  async requestParse({ file_token: token }: Dag): Promise<void> {
    // Asked for already is as good.
    await this.request('PUT', `/api/v2/parseDagFile/${token}`, [201, 409]);
  }

  async importErrors(): Promise<ImportError[]> {
    const { data } = await this.request('GET', '/api/v2/importErrors');
    return importErrorsSchema
      .parse(data)
      .import_errors.map(({ filename, stack_trace: trace, timestamp }) => ({
        file: filename,
        reason: lastLine(trace),
        at: timestamp,
      }));
  }

  async unpause(dagId: string): Promise<void> {
    await this.request('PATCH', `/api/v2/dags/${dagId}?update_mask=is_paused`, [200], { is_paused: false });
  }

  /** `logical_date: null`: a run for its own sake, which never collides with a scheduled one. */
  async trigger(dagId: string, conf: Readonly<Record<string, unknown>>): Promise<DagRun> {
    const { data } = await this.request('POST', `/api/v2/dags/${dagId}/dagRuns`, [200], {
      logical_date: null,
      conf,
    });
    return runSchema.parse(data);
  }

  async run(dagId: string, runId: string): Promise<DagRun> {
    const { data } = await this.request('GET', `/api/v2/dags/${dagId}/dagRuns/${encodeURIComponent(runId)}`);
    return runSchema.parse(data);
  }

  /** The newest run that is queued or running, if any. */
  async activeRun(dagId: string): Promise<DagRun | undefined> {
    const query = 'state=queued&state=running&order_by=-id&limit=1';
    const { data } = await this.request('GET', `/api/v2/dags/${dagId}/dagRuns?${query}`);
    return z.object({ dag_runs: z.array(runSchema) }).parse(data).dag_runs[0];
  }

  /** Ends a run as failed, with all its tasks. */
  async endRun(dagId: string, runId: string): Promise<void> {
    const path = `/api/v2/dags/${dagId}/dagRuns/${encodeURIComponent(runId)}?update_mask=state`;
    await this.request('PATCH', path, [200], { state: 'failed' });
  }

  /** The newest run of a type (`manual`, `scheduled`, `asset_triggered`, ...), whatever became of it. */
  async newestRun(dagId: string, runType: string): Promise<DagRun | undefined> {
    const query = `run_type=${runType}&order_by=-id&limit=1`;
    const { data } = await this.request('GET', `/api/v2/dags/${dagId}/dagRuns?${query}`);
    return z.object({ dag_runs: z.array(runSchema) }).parse(data).dag_runs[0];
  }

  /**
   * What the newest of the asset events that started a run says of itself, as text; empty where none did. Of a run that
   * is queued Airflow (3.3.2) can't tell and answers 500.
   */
  async causeOf(dagId: string, runId: string): Promise<Record<string, string>> {
    const path = `/api/v2/dags/${dagId}/dagRuns/${encodeURIComponent(runId)}/upstreamAssetEvents`;
    const { data } = await this.request('GET', path);
    const events = assetEventsSchema.parse(data).asset_events;
    const newest = events.sort((a, b) => a.timestamp.localeCompare(b.timestamp)).at(-1);
    return Object.fromEntries(
      Object.entries(newest?.extra ?? {}).flatMap(([name, value]) =>
        typeof value === 'string' ? [[name, value]] : [],
      ),
    );
  }

  async tasks(dagId: string, runId: string): Promise<TaskInstance[]> {
    const path = `/api/v2/dags/${dagId}/dagRuns/${encodeURIComponent(runId)}/taskInstances?limit=100`;
    const { data } = await this.request('GET', path);
    return z.object({ task_instances: z.array(taskSchema) }).parse(data).task_instances;
  }

  /** Oldest first; what was asked a moment ago is not among them yet. */
  async waitingForAnswer(dagId: string): Promise<Question[]> {
    const query = 'response_received=false&state=awaiting_input&order_by=created_at';
    const { data } = await this.request('GET', `/api/v2/dags/${dagId}/dagRuns/~/hitlDetails?${query}`);
    const { hitl_details: questions } = z.object({ hitl_details: z.array(questionSchema) }).parse(data);
    return questions.filter(({ created_at: at }) => Date.now() - Date.parse(at) >= QUESTION_AGE_MS);
  }

  async answer({ task_instance: task }: Question, option: string, note: string): Promise<void> {
    const path = `${this.taskPath(task.dag_id, task.dag_run_id, task.task_id)}/${task.map_index}/hitlDetails`;
    await this.request('PATCH', path, [200], { chosen_options: [option], params_input: { note } });
  }

  /** What the task returned; undefined if it returned nothing. */
  async returnValue(dagId: string, runId: string, task: TaskInstance): Promise<unknown> {
    return this.xcom(dagId, runId, task, 'return_value');
  }

  /** What the task left under a key; undefined if it left nothing there. */
  async xcom(
    dagId: string,
    runId: string,
    task: Pick<TaskInstance, 'task_id' | 'map_index'>,
    key: string,
  ): Promise<unknown> {
    const path = `${this.taskPath(dagId, runId, task.task_id)}/xcomEntries/${key}`;
    const query = `?map_index=${task.map_index}&deserialize=false`;
    const { status, data } = await this.request('GET', path + query, [200, 404]);
    return status === 404 ? undefined : z.object({ value: z.unknown() }).parse(data).value;
  }

  /** Lines of the task's last try. */
  async log(dagId: string, runId: string, task: TaskInstance): Promise<string[]> {
    const path = `${this.taskPath(dagId, runId, task.task_id)}/logs/${task.try_number}`;
    const query = `?map_index=${task.map_index}&full_content=true`;
    const { data } = await this.request('GET', path + query);
    return logSchema.parse(data).content.flatMap((line) => {
      if (typeof line === 'string') return [line];
      return [line.event, ...errorLines(line.error_detail)];
    });
  }

  private taskPath(dagId: string, runId: string, taskId: string): string {
    return `/api/v2/dags/${dagId}/dagRuns/${encodeURIComponent(runId)}/taskInstances/${taskId}`;
  }

  private async request(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH',
    url: string,
    expected: readonly number[] = [200],
    body?: unknown,
  ): Promise<{ status: number; data: unknown }> {
    for (let attempt = 1; ; attempt += 1) {
      this.token ??= await this.login();
      const response = await this.http
        .request<unknown>({
          method,
          url,
          data: body,
          headers: { authorization: `Bearer ${this.token}`, accept: 'application/json' },
        })
        .catch((error: unknown) => {
          // A machine that is busy with training may be slow to answer once; what only reads may be asked again.
          if (method !== 'GET' || attempt >= MAX_ATTEMPTS) throw error;
          return undefined;
        });
      if (response === undefined) continue;
      if (response.status === 401 && attempt === 1) {
        this.token = undefined;
        continue;
      }
      if (expected.includes(response.status)) return { status: response.status, data: response.data };
      throw new Error(
        `Airflow answered ${response.status} to ${method} ${url}: ${JSON.stringify(response.data)}`,
      );
    }
  }

  private async login(): Promise<string> {
    if (this.password === undefined) {
      throw new PlatformFailure(
        `Airflow at ${this.baseUrl} does not take the token (any more).`,
        'Get a new one.',
      );
    }
    try {
      const credentials = { username: this.username, password: this.password };
      const response = await this.http.post<unknown>('/auth/token', credentials);
      return tokenSchema.parse(response.data).access_token;
    } catch (error) {
      throw new PlatformFailure(
        `Airflow at ${this.baseUrl} gave no token: ${messageOf(error)}`,
        'Is the platform up? `make status` tells.',
        { cause: error },
      );
    }
  }
}

const errorDetailSchema = z.array(z.looseObject({ exc_type: z.string(), exc_value: z.string() }));

/** Structured logs carry an exception beside the message. */
function errorLines(detail: unknown): string[] {
  const parsed = errorDetailSchema.safeParse(detail);
  return parsed.success ? parsed.data.map((error) => `${error.exc_type}: ${error.exc_value}`) : [];
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
