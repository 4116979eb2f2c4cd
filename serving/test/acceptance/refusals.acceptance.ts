import { expect } from 'chai';
import { expectProblem } from './answers.js';
import { target } from './target.js';

const JSON_TYPE = { 'content-type': 'application/json' };
/** More than any tier is configured to take. */
const OVERSIZED_BYTES = 4 * 1024 ** 3;

describe('refusals', () => {
  it('say INVALID_JSON of what is none', async () => {
    const answer = await target().client.ask('/predict', {
      method: 'POST',
      headers: JSON_TYPE,
      body: '{"instances":',
    });
    expectProblem(answer, 400, 'INVALID_JSON');
  });

  it('say INVALID_REQUEST of JSON without rows', async () => {
    expectProblem(await target().client.post('/predict', { rows: [] }), 400, 'INVALID_REQUEST');
  });

  it('say UNSUPPORTED_MEDIA_TYPE of what is not declared as JSON', async () => {
    const headers = { 'content-type': 'text/plain' };
    expectProblem(
      await target().client.ask('/predict', { method: 'POST', headers, body: '{}' }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    );
  });

  it('name the feature that is missing, and the one of another type', async () => {
    const { client, model } = target();
    const [row] = model.rows;
    const [feature] = Object.keys(row);
    const rest = Object.fromEntries(Object.entries(row).slice(1));
    for (const wrong of [rest, { ...row, [feature!]: { not: 'a value' } }]) {
      const answer = await client.post('/predict', { instances: [wrong] });
      expectProblem(answer, 422, 'SIGNATURE_MISMATCH');
      const { errors } = answer.json as { readonly errors: readonly { readonly path: string }[] };
      expect(errors.map(({ path }) => path)).to.include(`/instances/0/${feature}`);
    }
  });

  it('say MODEL_NOT_FOUND of a model that nobody serves, and VERSION_NOT_AVAILABLE of such a version', async () => {
    const { client, model } = target();
    expectProblem(await client.ask('/v2/models/no-such-model-of-acceptance'), 404, 'MODEL_NOT_FOUND');
    const headers = { 'x-model-version': '4294967295' };
    const answer = await client.post('/predict', { instances: [model.rows[0]] }, { headers });
    expectProblem(answer, 404, 'VERSION_NOT_AVAILABLE');
  });

  it('say NOT_FOUND of a route that there is not, and METHOD_NOT_ALLOWED of another method', async () => {
    const { client } = target();
    expect((await client.ask('/no-such-route-of-acceptance')).status).to.equal(404);
    const answer = await client.ask('/predict');
    expectProblem(answer, 405, 'METHOD_NOT_ALLOWED');
    expect(answer.headers.allow).to.include('POST');
  });

  // The limit may be that of a proxy in front, which knows no codes.
  it('come before an oversized body does', async () => {
    const answer = await target().client.announce('/predict', OVERSIZED_BYTES);
    expect(answer.status, answer.text.slice(0, 300)).to.equal(413);
    if ((answer.headers['content-type'] ?? '').includes('problem+json')) {
      expectProblem(answer, 413, 'BODY_TOO_LARGE');
    }
  });

  it('say UNAUTHORIZED to whoever brings no key, or a wrong one', async function () {
    const { client, apiKey, model } = target();
    if (apiKey === undefined) this.skip();
    for (const credential of ['none', 'wrong'] as const) {
      const body = { instances: [model.rows[0]] };
      expectProblem(await client.post('/predict', body, { credential }), 401, 'UNAUTHORIZED');
      expectProblem(await client.ask('/v2', { credential }), 401, 'UNAUTHORIZED');
    }
  });
});
