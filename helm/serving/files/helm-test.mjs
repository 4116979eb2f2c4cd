// `helm test`: the tier answers by way of its Services, as clients and operators reach it.
const { TIER, MANAGEMENT, ACCESS } = process.env;

async function get(url, options) {
  const answer = await fetch(url, { ...options, signal: AbortSignal.timeout(10_000) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

function report(what, of) {
  console.log(`ok: ${what}: ${of}`);
}

report('ready', (await get(`${TIER}/health/ready`)).status);

const status = await get(`${MANAGEMENT}/status`);
for (const { model_name, alias, available, serving_from, registry } of status.models ?? [status]) {
  if (available === null) throw new Error(`${model_name}@${alias} has no version: ${JSON.stringify(registry)}`);
  report(`${model_name}@${alias}`, `version ${available.version}, from the ${serving_from}`);
}

// The description's examples are golden rows, so that this needs to know no model. It may be closed or switched off.
const description = ACCESS === 'open' ? await fetch(`${TIER}/openapi.json`).then((answer) => answer.json()) : {};
const examples = description.paths?.['/predict']?.post?.requestBody?.content?.['application/json']?.examples ?? {};
const [example] = Object.values(examples);
if (example === undefined) {
  console.log('no prediction: API keys are asked for, or the description has no examples');
} else {
  const answer = await get(`${TIER}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(example.value),
  });
  report('prediction', JSON.stringify(answer));
}
