import { readFileSync } from 'node:fs';
import { messageOf } from '../../src/errors.js';
import { eventually } from '../support/eventually.js';
import { readAcceptanceSettings, type AcceptanceSettings } from './acceptance-settings.js';
import { readServedModel, type ServedModel } from './served-model.js';
import { TierClient } from './tier-client.js';

/** What all suites look at: a tier of which they know the address, and what it says of itself. */
export interface Target {
  readonly settings: AcceptanceSettings;
  readonly client: TierClient;
  readonly apiKey: string | undefined;
  readonly model: ServedModel;
}

let reached: Target | undefined;

export function target(): Target {
  if (reached === undefined) throw new Error('The target was not reached');
  return reached;
}

function keyIn(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  const key = readFileSync(file, 'utf8').trim();
  if (key === '' || /\s/.test(key))
    throw new Error(`API_KEY_FILE: ${file} must hold one key and nothing else`);
  return key;
}

// Of the whole run: where there is no tier, one failure says so, and not a failure a test.
before('the tier answers, is ready, and says what it serves', async function () {
  const settings = readAcceptanceSettings(process.env);
  this.timeout(settings.readyWithinMs + 60_000);
  const apiKey = keyIn(settings.apiKeyFile);
  const client = new TierClient(settings.target, { host: settings.host, apiKey });
  await eventually(async () => {
    const { status } = await client.ask('/health/ready').catch((error: unknown) => {
      throw new Error(`${settings.target.origin} does not answer: ${messageOf(error)}`);
    });
    if (status === 200) return;
    const meaning = status === 503 ? ': it runs, and has no model or is stopping' : '';
    throw new Error(`${settings.target.origin}/health/ready answered ${status}${meaning}`);
  }, settings.readyWithinMs);
  reached = { settings, client, apiKey, model: await readServedModel(client, settings.rowsFile) };
});

after(() => {
  reached?.client.close();
});
