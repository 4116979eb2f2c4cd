import { KafkaBroker } from './kafka-broker.js';

let shared: Promise<KafkaBroker> | undefined;

// Not left to the end of the process: a folder that a broker still writes in can't be removed.
after(async () => {
  await (await shared)?.kill();
});

/** The broker of all tests of a run that bring topics of their own. It runs. */
export async function sharedKafkaBroker(): Promise<KafkaBroker> {
  shared ??= KafkaBroker.create();
  const broker = await shared;
  await broker.ensureRunning();
  return broker;
}
