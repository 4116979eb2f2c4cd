import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { parseManifest } from '../src/model-package/contract.js';

/**
 * Swaps the champion again and again under load: no request may fail, and memory must not grow.
 *
 *   npm run soak -- PACKAGE_A PACKAGE_B [SWAPS]
 */
const CONNECTIONS = 16;
/** The allocator and the compiler settle during these. */
const WARM_UP_SHARE = 0.3;
const SHOWN = 10;

const [a, b, count = '1000'] = process.argv.slice(2);
if (a === undefined || b === undefined)
  throw new Error('Expected the folders of two packages of one signature');
const swaps = Number(count);
const { golden } = parseManifest(await readFile(join(a, 'manifest.json'), 'utf8'));

const server = fork(new URL('./servers/swapping-tier.ts', import.meta.url), [a, b], {
  execArgv: ['--import', 'tsx'],
});
const [{ port }] = (await once(server, 'message')) as [{ port: number }];
const url = `http://127.0.0.1:${port}/predict`;
const load = {
  url,
  connections: CONNECTIONS,
  method: 'POST' as const,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ instances: golden.rows.slice(0, 1) }),
};

const steady = await autocannon({ ...load, duration: 10 });
let swapping: autocannon.Instance | undefined;
const finished = new Promise<autocannon.Result>((resolve, reject) => {
  swapping = autocannon({ ...load, duration: 86_400 }, (error: unknown, result) => {
    if (error instanceof Error) reject(error);
    else resolve(result);
  });
});
const rss: number[] = [];
for (let swap = 0; swap < swaps; swap += 1) {
  const answered = once(server, 'message') as Promise<[{ rss: number }]>;
  server.send('swap');
  rss.push((await answered)[0].rss);
  if ((swap + 1) % Math.ceil(swaps / SHOWN) === 0) {
    process.stdout.write(`${swap + 1} swaps: ${(rss.at(-1)! / 1024 ** 2).toFixed(1)} MiB\n`);
  }
}
swapping?.stop();
const during = await finished;
server.kill();

/** Least-squares slope of memory over swaps, after warm-up, in bytes a swap. */
function slope(values: readonly number[]): number {
  const meanX = (values.length - 1) / 2;
  const meanY = values.reduce((sum, value) => sum + value, 0) / values.length;
  const over = values.reduce((sum, value, x) => sum + (x - meanX) * (value - meanY), 0);
  return over / values.reduce((sum, _, x) => sum + (x - meanX) ** 2, 0);
}

const failed = during.non2xx + during.errors;
const kib = slope(rss.slice(Math.floor(swaps * WARM_UP_SHARE))) / 1024;
process.stdout.write(
  `\n${during.requests.total} requests during ${swaps} swaps, ${failed} failed\n` +
    `memory: ${kib.toFixed(1)} KiB a swap after warm-up\n` +
    `p99: ${steady.latency.p99} ms steady, ${during.latency.p99} ms while swapping\n`,
);
process.exitCode = failed > 0 ? 1 : 0;
