import { createHmac, randomUUID } from 'node:crypto';

export interface DeliveryOptions {
  readonly secret: string;
  readonly body: string | Buffer;
  /** Unix seconds; now unless given. */
  readonly timestamp?: number | string;
  readonly id?: string;
}

/** The headers of a delivery as MLflow signs it. */
export function deliveryHeaders({
  secret,
  body,
  timestamp = Math.floor(Date.now() / 1_000),
  id = randomUUID(),
}: DeliveryOptions): {
  'x-mlflow-signature': string;
  'x-mlflow-delivery-id': string;
  'x-mlflow-timestamp': string;
} {
  const mac = createHmac('sha256', secret).update(`${id}.${timestamp}.`).update(body).digest('base64');
  return {
    'x-mlflow-signature': `v1,${mac}`,
    'x-mlflow-delivery-id': id,
    'x-mlflow-timestamp': String(timestamp),
  };
}
