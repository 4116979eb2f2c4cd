import { expect } from 'chai';
import { expectPredicted } from './answers.js';
import { target } from './target.js';
import { TierClient } from './tier-client.js';

describe('the management port', () => {
  let management: TierClient | undefined;

  before(function () {
    const { managementTarget } = target().settings;
    if (managementTarget === undefined) this.skip();
    management = new TierClient(managementTarget);
  });

  after(() => {
    management?.close();
  });

  it('says of the champion what its answers say', async () => {
    const { client, model } = target();
    const headers = { 'x-model-alias': 'champion' };
    const answer = await client.post('/predict', { instances: [model.rows[0]] }, { headers });
    expectPredicted(answer);
    const { ready, available } = (await management!.ask('/status')).json as {
      readonly ready: boolean;
      readonly available: { readonly version: string; readonly digest: string } | null;
    };
    expect(ready).to.equal(true);
    expect([available?.version, available?.digest]).to.deep.equal([
      answer.headers['x-model-version'],
      answer.headers['x-model-digest'],
    ]);
  });

  it('counts requests', async () => {
    const { status, text } = await management!.ask('/metrics');
    expect(status).to.equal(200);
    expect(text).to.match(/^serving_requests_total\{.*\} [1-9]/m);
  });
});
