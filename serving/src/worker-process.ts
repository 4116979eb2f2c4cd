import type { Logger } from 'pino';
import type { Config } from './config.js';
import { messageOf } from './errors.js';
import { startWorker, type Worker } from './serving-tier.js';
import { stopOnSignals } from './stop-signals.js';
import type { ToPrimary, ToWorker } from './workers/messages.js';

type Asked = ToWorker & { readonly kind: 'ask' };

/**
 * One of the workers of a replica, which does what its primary says. It ends with its primary, however that ends:
 * `node:cluster` has a worker exit when the channel between the two closes.
 *
 * @param fail ends the process with an error that leaves nothing to do
 */
export async function runWorker(config: Config, log: Logger, fail: (error: unknown) => void): Promise<void> {
  const starting = startWorker(config, log, undefined, {
    takesRequests: 'when told',
    changed: () => {
      starting.then(sayState, ignore);
    },
  });
  let drainMs = 0;
  // SIGTERM may come from the primary's own sender, to the whole process group, and then comes twice.
  const stop = stopOnSignals(log, async () => {
    const worker = await starting;
    await worker.stop(drainMs);
    await say({ kind: 'last-metrics', metrics: await worker.answers.metrics() });
    return 0;
  });

  const hear = (worker: Worker, message: ToWorker): void => {
    switch (message.kind) {
      case 'ask':
        void answer(worker, message, log);
        return;
      case 'tell':
        worker.commands[message.command]();
        return;
      case 'take-requests':
        worker.takeRequests().then(() => sayState(worker), fail);
        return;
      case 'ping':
        void say({ kind: 'pong' });
        return;
      case 'stop':
        drainMs = message.drainMs ?? 0;
        stop();
    }
  };
  process.on('message', (message: ToWorker) => {
    starting.then((worker) => {
      hear(worker, message);
    }, ignore);
  });
  await sayState(await starting);
}

/** No answer is one too: whoever asked does without. */
async function answer(worker: Worker, { number, question }: Asked, log: Logger): Promise<void> {
  try {
    await say({ kind: 'answer', number, answer: await worker.answers[question]() });
  } catch (error) {
    log.error({ question, cause: messageOf(error) }, 'a question of the primary is not answered');
    await say({ kind: 'answer', number, answer: undefined });
  }
}

async function sayState(worker: Worker): Promise<void> {
  await say({ kind: 'state', state: { report: await worker.answers.status(), champion: worker.champion() } });
}

/** Resolves when it is on its way. What can't be said any more does not matter: without a primary this process ends. */
function say(message: ToPrimary): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected || process.send === undefined) resolve();
    else
      process.send(message, undefined, {}, () => {
        resolve();
      });
  });
}

function ignore(): void {
  // A start that failed is told to whoever started it.
}
