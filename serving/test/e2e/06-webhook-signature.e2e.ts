import { createHmac, randomUUID } from 'node:crypto';
import axios from 'axios';
import { expect } from 'chai';
import { platform } from './platform.js';

describe('the webhook of a moved alias', () => {
  const { settings, parts } = platform;
  const body = JSON.stringify({
    entity: 'model_version_alias',
    action: 'created',
    timestamp: new Date().toISOString(),
    data: { name: settings.modelName, alias: settings.modelAlias, version: '1' },
  });

  async function deliver(secret: string | undefined, id: string = randomUUID()): Promise<number> {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature =
      secret === undefined
        ? {}
        : {
            'x-mlflow-signature': `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
          };
    const response = await axios.post(`${settings.urls.management}/webhooks/mlflow`, body, {
      headers: {
        'content-type': 'application/json',
        'x-mlflow-delivery-id': id,
        'x-mlflow-timestamp': timestamp,
        ...signature,
      },
      validateStatus: () => true,
    });
    return response.status;
  }

  it('is refused without a signature', async () => {
    expect(await deliver(undefined)).to.equal(401);
  });

  it('is refused with the signature of another secret', async () => {
    expect(await deliver('not-the-secret-of-this-platform')).to.equal(401);
  });

  it('is taken once with the right signature, and refused when it is replayed', async () => {
    const id = randomUUID();
    const secret = parts.secrets.mlflowWebhookSecret;
    expect(await deliver(secret, id)).to.be.within(200, 299);
    expect(await deliver(secret, id)).to.equal(409);
  });
});
