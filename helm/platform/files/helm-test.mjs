// `helm test`: the registry lets in who may and nobody else, Airflow lives and knows the DAG. The tier has a test of its own.
const env = process.env;
const DAG = 'credit_scoring_retraining';

async function ask(url, options = {}) {
  const answer = await fetch(url, { ...options, signal: AbortSignal.timeout(20_000) });
  return { status: answer.status, text: await answer.text() };
}

async function get(url, headers) {
  const { status, text } = await ask(url, { headers });
  if (status !== 200) throw new Error(`${url}: ${status} ${text.slice(0, 500)}`);
  return JSON.parse(text);
}

function ok(what) {
  console.log(`ok: ${what}`);
}

if (env.MLFLOW) {
  const model = `${env.MLFLOW}/api/2.0/mlflow/registered-models/get?name=${encodeURIComponent(env.MODEL)}`;
  const stranger = await ask(model);
  if (stranger.status !== 401) throw new Error(`the registry answers ${stranger.status} to somebody unknown`);
  ok('the registry refuses somebody unknown');
  const basic = Buffer.from(`${env.MLFLOW_USERNAME}:${env.MLFLOW_PASSWORD}`).toString('base64');
  await get(model, { authorization: `Basic ${basic}` });
  ok(`the registry shows ${env.MODEL} to ${env.MLFLOW_USERNAME}`);
}

if (env.RETRAINING_REQUESTS) {
  const { status } = await ask(`${env.RETRAINING_REQUESTS}/health/ready`);
  if (status !== 200) throw new Error(`retraining-requests answers ${status}`);
  ok('retraining-requests is ready');
}

if (env.AIRFLOW) {
  const health = await get(`${env.AIRFLOW}/api/v2/monitor/health`);
  for (const part of ['metadatabase', 'scheduler', 'dag_processor']) {
    if (health[part]?.status !== 'healthy') throw new Error(`Airflow: ${part} is ${health[part]?.status}`);
  }
  ok('Airflow is healthy');
  const { status, text } = await ask(`${env.AIRFLOW}/auth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: env.AIRFLOW_USERNAME, password: env.AIRFLOW_PASSWORD }),
  });
  if (status !== 201) throw new Error(`Airflow does not let ${env.AIRFLOW_USERNAME} in: ${status} ${text}`);
  const authorization = `Bearer ${JSON.parse(text).access_token}`;
  // Before the first push there is none.
  const dag = await get(`${env.AIRFLOW}/api/v2/dags/${DAG}`, { authorization });
  if (dag.has_import_errors) throw new Error(`${DAG} can't be imported`);
  ok(`Airflow knows ${DAG}`);
}
