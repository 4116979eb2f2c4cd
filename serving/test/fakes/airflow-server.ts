import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { answerJson, LoopbackServer } from './loopback-server.js';

const RUN = 'manual__2026-01-01';

/** The part of Airflow's REST API that triggers a DAG and follows its run, with a run that goes as it is told. */
export class AirflowServer extends LoopbackServer {
  /** Tokens that it takes. */
  readonly tokens = new Set(['given']);
  readonly triggered: { readonly dag: string; readonly body: unknown }[] = [];
  readonly logins: unknown[] = [];
  /** What each look at the run finds; the last one stays. */
  states: readonly string[] = ['queued', 'running', 'success'];
  #looks = 0;

  protected answer(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', url = '', headers } = request;
    void (method === 'POST' ? json(request) : Promise.resolve(undefined)).then((body) => {
      const token = (headers.authorization ?? '').replace('Bearer ', '');
      const [status, answer] =
        url === '/auth/token' || this.tokens.has(token)
          ? this.#answer(`${method} ${url.split('?')[0]!}`, body)
          : [401, { detail: 'Invalid auth token' }];
      answerJson(response, status, answer);
    });
  }

  #answer(call: string, body: unknown): readonly [number, unknown] {
    if (call === 'POST /auth/token') {
      this.logins.push(body);
      return [201, { access_token: 'given' }];
    }
    const dag = /^POST \/api\/v2\/dags\/([^/]+)\/dagRuns$/.exec(call)?.[1];
    if (dag !== undefined) {
      if (dag === 'unknown') return [404, { detail: 'The Dag was not found' }];
      this.triggered.push({ dag, body });
      this.#looks = 0;
      return [200, this.#run()];
    }
    if (call.endsWith(`/dagRuns/${RUN}`)) {
      const run = this.#run();
      this.#looks += 1;
      return [200, run];
    }
    if (call.endsWith('/taskInstances')) return [200, { task_instances: this.#tasks() }];
    if (call.endsWith('/taskInstances/register/xcomEntries/return_value'))
      return [200, { value: { version: '8' } }];
    if (call.includes('/logs/'))
      return [200, { content: ['bless failed: version 8 is refused: GOLDEN_MISMATCH'] }];
    return [404, { detail: 'Not found' }];
  }

  #state(): string {
    return this.states[Math.min(this.#looks, this.states.length - 1)]!;
  }

  #run() {
    return { dag_run_id: RUN, state: this.#state(), run_type: 'manual', bundle_version: null, conf: {} };
  }

  #tasks() {
    const failed = this.#state() === 'failed';
    const times = { start_date: '2026-01-01T00:00:00Z', end_date: '2026-01-01T00:00:02Z', duration: 2 };
    const task = { map_index: -1, rendered_map_index: null, try_number: 1, ...times };
    return [
      { ...task, task_id: 'register', state: 'success' },
      { ...task, task_id: 'bless', state: failed ? 'failed' : 'success' },
    ];
  }
}
