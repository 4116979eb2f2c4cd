import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { KafkaBroker, whyNoKafka } from '../../test/support/kafka-broker.js';
import { packageIn } from '../../test/support/package-folders.js';
import { CreditRows } from '../load/credit-rows.js';
import { describeVerdict, exitCodeOf, type Verdict } from '../load/verdict.js';
import { figure } from '../report/table.js';
import { PackageRegistry } from '../tier/package-registry.js';
import { TierProcess } from '../tier/tier-process.js';
import { killTest } from './kill-test.js';

/** `make stream-kill-test`: no application may be without a result, however often the stream is killed. */
const DISTINCT_ROWS = 2_000;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    messages: { type: 'string', default: '100000' },
    kills: { type: 'string', default: '20' },
  },
});
const [packages] = positionals;
if (packages === undefined) throw new Error('Expected the folder of the packages');
const missing = whyNoKafka();
if (missing !== undefined) throw new Error(missing);
const [messages, kills] = [Number(values.messages), Number(values.kills)];
if (!(messages > kills && kills >= 0)) throw new Error('Expected more messages than kills');

const champion = packageIn(join(packages, 'boosting'));
const bodies = (await CreditRows.read(packages, champion)).predict(Math.min(messages, DISTINCT_ROWS));
const instances = bodies.map((body) => {
  const { instances: rows } = JSON.parse(body.toString()) as { readonly instances: readonly object[] };
  return JSON.stringify(rows[0]);
});
const registry = await PackageRegistry.start([champion]);
const tier = await TierProcess.start(registry, champion.manifest.model_name);
const broker = await KafkaBroker.create();
await broker.ensureRunning();
try {
  const result = await killTest({
    broker: broker.address,
    tierUrl: `http://127.0.0.1:${tier.port}`,
    rows: Array.from({ length: messages }, (_, i) => instances[i % instances.length]!),
    kills,
    say: (line) => process.stdout.write(`${line}\n`),
  });
  const verdicts: Verdict[] = [
    { promise: 'applications without a result', measured: result.lost, limit: 0, unit: '' },
    { promise: 'applications among the dead letters', measured: result.deadLetters, limit: 0, unit: '' },
  ];
  process.stdout.write(
    `\n${result.messages} applications, ${result.kills} kills, ${figure(result.seconds)} s; ` +
      `${figure(result.messagesPerSecond)} results a second while one ran, ` +
      `${figure(result.cpuUsPerMessage)} us of the stream's CPU each; ${result.duplicates} results twice\n`,
  );
  for (const verdict of verdicts) process.stdout.write(`${describeVerdict(verdict)}\n`);
  process.exitCode = exitCodeOf(verdicts);
} finally {
  await tier.stop();
  await registry.stop();
  await broker.kill();
}
