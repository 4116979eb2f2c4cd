import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { draftManifest } from '../support/manifests.js';
import { PROCESS_TIMEOUT_MS } from '../support/replica-process.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { SERVING_ROOT } from '../support/training-environment.js';

/** A graph of one node, `Gather` with the name `look_up`: y = [1, 2][x]. An x beyond 1 is too much for it. */
const LOOK_UP =
  'CAgSADpWChoKAXQKAXgSAXkaB2xvb2tfdXAiBkdhdGhlchIBZyoRCAIQASIIAACAPwAAAEBCAXRaEAoBeBILCgkIBxIFCgMSAW5iEAoBeRILCgkIARIFCgMSAW5CBAoAEBE=';

describe('a graph that can not compute a value', function () {
  this.timeout(PROCESS_TIMEOUT_MS);

  // In a process of its own: what the runtime writes by itself passes by everything that Node could listen to.
  it('is named by its node, without the value, and the runtime writes nothing by itself', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'model.onnx'), Buffer.from(LOOK_UP, 'base64'));
    const manifest = draftManifest({ outputs: [{ name: 'y', type: 'float32', shape: [] }] });
    const program = `
      import { OnnxSession } from './src/servables/onnx-session.ts';
      const [modelPackage, inputs] = ${JSON.stringify([
        { directory, digest: '', manifest },
        [{ name: 'x', type: 'int64', width: 1 }],
      ])};
      const session = await OnnxSession.load(modelPackage, inputs, { intraOpThreads: 1 });
      const run = (x) => session.run({ rows: 1, inputs: [BigInt64Array.of(x)] });
      const [{ data }] = await run(1n);
      const { message, cause } = await run(4111n).catch((error) => error);
      console.log(JSON.stringify({ answer: [...data], message, cause: String(cause) }));
      await session.release();`;
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', program],
      { cwd: SERVING_ROOT },
    );
    const { answer, message, cause } = JSON.parse(stdout) as Record<string, unknown>;
    expect(answer).to.deep.equal([2]);
    expect(message).to.match(/Gather node\. Name:'look_up'$/);
    expect(cause).to.equal('undefined');
    expect(stdout + stderr).not.to.include('4111');
  });
});
