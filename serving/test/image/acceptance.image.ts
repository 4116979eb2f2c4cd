import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from 'chai';
import { readSettings } from '../../local/settings.js';
import { useRealRegistry } from '../support/real-registry.js';
import { SERVING_ROOT } from '../support/training-environment.js';
import { runImage, type RunningImage } from './running-image.js';

const { cluster: SETTINGS } = readSettings();
const IMAGE = `${SETTINGS.imageRegistry}/serving:${SETTINGS.imageTag}`;
/** Columns of every type, strings among them. */
const MODEL = 'small-columns';
const START_TIMEOUT_MS = 5 * 60_000;
const ACCEPTANCE_TIMEOUT_MS = 5 * 60_000;
const PINO_ERROR = 50;

describe(`the image ${IMAGE}, before anybody can fetch it`, () => {
  const real = useRealRegistry();
  let running: RunningImage;

  before(async function () {
    this.timeout(START_TIMEOUT_MS);
    await real.register(MODEL, 'columnsStrings', { alias: 'champion' });
    running = await runImage({ image: IMAGE, modelName: MODEL, registryPort: real.port });
  });

  after(async function () {
    this.timeout(START_TIMEOUT_MS);
    await (running as RunningImage | undefined)?.stop();
  });

  it('passes the acceptance tests that every environment must pass', async function () {
    this.timeout(ACCEPTANCE_TIMEOUT_MS);
    const { origin, managementOrigin } = running;
    // As the last step of a deployment runs it, in a process of its own.
    const acceptance = spawn(
      'make',
      ['acceptance', `TARGET=${origin}`, `MANAGEMENT_TARGET=${managementOrigin}`],
      {
        cwd: join(SERVING_ROOT, '..'),
        stdio: 'inherit',
      },
    );
    const [exitCode] = (await once(acceptance, 'exit')) as [number | null];
    expect(exitCode, 'make acceptance').to.equal(0);
  });

  it('has logged no error meanwhile', async () => {
    const entries = (await running.log())
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { readonly level: number | string });
    expect(entries).not.to.have.length(0);
    const errors = entries.filter(({ level }) =>
      typeof level === 'number' ? level >= PINO_ERROR : ['error', 'fatal'].includes(level),
    );
    expect(errors).to.deep.equal([]);
  });
});
