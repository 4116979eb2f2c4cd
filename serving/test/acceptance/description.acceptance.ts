import { expect } from 'chai';
import { expectPredicted } from './answers.js';
import { documentFaults } from './served-model.js';
import { target } from './target.js';

describe('what the tier says of itself', () => {
  it('is live and ready by every probe', async () => {
    const { client } = target();
    for (const path of ['/health/live', '/health/ready', '/v2/health/live', '/v2/health/ready', '/ping']) {
      expect((await client.ask(path)).status, path).to.equal(200);
    }
  });

  it('is a valid OpenAPI document', async function () {
    const { model } = target();
    if (model.document === undefined) this.skip();
    expect(await documentFaults(model)).to.equal(undefined);
  });

  it('names the model that answers, its version, and its inputs and outputs', async () => {
    const { client, model } = target();
    const answer = await client.post('/predict', { instances: [model.rows[0]] });
    const [prediction] = expectPredicted(answer);
    const { model_name: name } = answer.json as { readonly model_name: string };
    const described = await client.ask(`/v2/models/${name}`);
    expect(described.status, described.text).to.equal(200);
    const { versions, outputs } = described.json as {
      readonly versions: readonly string[];
      readonly outputs: readonly { readonly name: string }[];
    };
    expect(versions).to.include(answer.headers['x-model-version']);
    expect(outputs.map((output) => output.name)).to.deep.equal(Object.keys(prediction!));
    expect((await client.ask(`/v2/models/${name}/ready`)).status).to.equal(200);
  });
});
