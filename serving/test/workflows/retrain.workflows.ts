import { expect } from 'chai';
import { AirflowServer } from '../fakes/airflow-server.js';
import { runWorkflow, type WorkflowResult } from './runner/workflow-run.js';

const FILE = '.github/workflows/retrain.yml';

/** With a stand-in of Airflow: the calls are those of `make retrain`, which test/e2e makes to a real one. */
describe('retrain.yml', () => {
  let airflow: AirflowServer;

  beforeEach(async () => {
    airflow = await AirflowServer.start();
  });

  afterEach(() => {
    airflow.stop();
  });

  function run(
    inputs: Record<string, string>,
    secrets: Record<string, string> = {},
  ): Promise<WorkflowResult> {
    return runWorkflow(FILE, {
      event: { name: 'workflow_dispatch', inputs },
      variables: { AIRFLOW_URL: airflow.url, AIRFLOW_USERNAME: 'ci' },
      secrets: { AIRFLOW_TOKEN: 'given', AIRFLOW_PASSWORD: '', ...secrets },
    });
  }

  it('triggers the pipeline with its parameters, and follows it until a version has come of it', async () => {
    const { result, log, summary, concurrency, environments } = await run({ parameters: '{"seed": 8}' });
    expect(result, log).to.equal('success');
    const [triggered] = airflow.triggered;
    expect(triggered).to.deep.equal({
      dag: 'credit_scoring_retraining',
      body: { logical_date: null, conf: { seed: 8 } },
    });
    expect(summary).to.include('succeeded; register: version 8').and.include(`${airflow.url}/dags/`);
    expect(airflow.logins).to.deep.equal([]);
    expect(concurrency).to.equal('retrain-staging-credit_scoring_retraining');
    expect(environments).to.deep.equal({ retrain: 'staging' });
  });

  it('asks as a user where there is no token', async () => {
    const { result, log } = await run(
      { dag: 'drift_detection' },
      { AIRFLOW_TOKEN: '', AIRFLOW_PASSWORD: 'secret' },
    );
    expect(result, log).to.equal('success');
    expect(airflow.logins).to.deep.equal([{ username: 'ci', password: 'secret' }]);
    expect(airflow.triggered[0]).to.deep.include({ dag: 'drift_detection' });
    expect(log).not.to.include('secret');
  });

  it('is red for a run that fails, and shows why', async () => {
    airflow.states = ['running', 'failed'];
    const { result, summary } = await run({});
    expect(result).to.equal('failure');
    expect(summary)
      .to.include('GOLDEN_MISMATCH')
      .and.match(/The run manual__2026-01-01 failed/);
  });

  const mistakes: readonly (readonly [string, Record<string, string>, Record<string, string>, string])[] = [
    [
      'parameters that are no JSON',
      { parameters: '{seed: $(touch pwned)}' },
      {},
      'DAG_PARAMETERS is no JSON object',
    ],
    ['a DAG that is part of another address', { dag: '../users' }, {}, 'is no name of a DAG'],
    ['a DAG that does not exist', { dag: 'unknown' }, {}, 'The Dag was not found'],
    ['a token that is not taken', {}, { AIRFLOW_TOKEN: 'stale' }, 'does not take the token'],
    ['neither token nor password', {}, { AIRFLOW_TOKEN: '' }, 'Set AIRFLOW_TOKEN, or AIRFLOW_USERNAME'],
  ];
  for (const [what, inputs, secrets, said] of mistakes) {
    it(`is red for ${what}, and triggers nothing`, async () => {
      const { result, summary } = await run(inputs, secrets);
      expect(result).to.equal('failure');
      expect(summary).to.include(said);
      expect(airflow.triggered).to.deep.equal([]);
    });
  }
});
