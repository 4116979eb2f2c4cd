import type { StatusReport } from '../../src/api/status-report.js';
import { messageOf } from '../../src/errors.js';
import type { Manifest } from '../../src/model-package/manifest.js';
import { eventually } from '../support/eventually.js';
import { expectGolden } from '../support/golden-answers.js';
import { httpRequest } from '../support/http-request.js';

/** Connections and queues empty within this, once nobody asks any more. */
const SETTLED_MS = 20_000;

interface Ports {
  readonly port: number;
  readonly managementPort: number;
}

async function answers(port: number, manifest: Manifest): Promise<void> {
  const answer = await httpRequest({
    port,
    path: `/v1/models/${manifest.model_name}:predict`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ instances: manifest.golden.rows }),
  });
  if (answer.status !== 200) throw new Error(`golden rows are answered with ${answer.status} ${answer.text}`);
  expectGolden((answer.json as { predictions: Record<string, unknown>[] }).predictions, manifest);
}

async function holdsNothing(port: number): Promise<void> {
  const status = (await httpRequest({ port, path: '/status' })).json as StatusReport;
  if (!status.ready) throw new Error('the tier is not ready any more');
  const held = JSON.stringify(status).match(/"in_flight":[1-9]\d*/g);
  if (held !== null) throw new Error(`requests are held that nobody waits for: ${held.join()}`);
}

/**
 * What is wrong with a tier that nobody asks anything at the moment: it answers golden rows, and holds nothing.
 *
 * @param manifests of all models that it serves
 */
export async function damageOf(
  { port, managementPort }: Ports,
  manifests: readonly Manifest[],
): Promise<readonly string[]> {
  try {
    // At first, a request may find the queue full that was filled before it.
    await eventually(async () => {
      for (const manifest of manifests) await answers(port, manifest);
      await holdsNothing(managementPort);
    }, SETTLED_MS);
    return [];
  } catch (error) {
    return [messageOf(error)];
  }
}
