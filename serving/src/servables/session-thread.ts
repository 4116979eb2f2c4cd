import { parentPort, workerData } from 'node:worker_threads';
import { LoadError, messageOf } from '../errors.js';
import { OnnxSession } from './onnx-session.js';
import type { SessionCommand, SessionMessage, SessionOrder } from './session-messages.js';

/** The thread of one ThreadedSession: loads the graph, computes what it is sent, frees it and ends. */
const port = parentPort!;
const { modelPackage, inputs, options } = workerData as SessionOrder;

function say(message: SessionMessage): void {
  port.postMessage(message);
}

async function compute(session: OnnxSession, { id, rows }: SessionCommand & { kind: 'run' }): Promise<void> {
  try {
    say({ kind: 'answer', id, columns: await session.run(rows) });
  } catch (error) {
    say({ kind: 'error', id, message: messageOf(error) });
  }
}

try {
  const session = await OnnxSession.load(modelPackage, inputs, options);
  port.on('message', (command: SessionCommand) => {
    if (command.kind === 'run') {
      void compute(session, command);
      return;
    }
    void session.release().finally(() => {
      port.close();
    });
  });
  say({ kind: 'loaded' });
} catch (error) {
  const code = error instanceof LoadError ? error.code : 'GRAPH_LOAD_FAILED';
  say({ kind: 'failed', code, message: messageOf(error) });
}
