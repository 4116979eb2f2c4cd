import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { parseManifest } from '../src/model-package/contract.js';

/**
 * CPU time a request of `/predict`, one row, side by side: the tier's lane, idiomatic Express, and bare node:http.
 * CPU of the server process, since requests a second on a busy machine say more about the machine.
 *
 *   npm run bench -- PACKAGE_DIR [ROUNDS] [REQUESTS]
 */
const CONNECTIONS = 32;
const SERVERS = ['hello', 'lane', 'express'] as const;

const [directory, rounds = '5', requests = '20000'] = process.argv.slice(2);
if (directory === undefined) throw new Error('Expected the folder of a model package with numeric features');

const { features, golden } = parseManifest(await readFile(join(directory, 'manifest.json'), 'utf8'));
// Varied rows, so that no cache in between flatters anyone.
const bodies = golden.rows.map((row) =>
  JSON.stringify({ instances: [Object.fromEntries(features.map(({ name }, i) => [name, row[i]]))] }),
);

async function ask(server: ChildProcess): Promise<number> {
  const answered = once(server, 'message') as Promise<[{ cpu: number }]>;
  server.send('cpu');
  return (await answered)[0].cpu;
}

async function measure(server: ChildProcess, port: number, amount: number): Promise<number> {
  const before = await ask(server);
  const result = await autocannon({
    url: `http://127.0.0.1:${port}/predict`,
    connections: CONNECTIONS,
    amount,
    requests: bodies.map((body) => ({
      method: 'POST' as const,
      headers: { 'content-type': 'application/json' },
      body,
    })),
  });
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${result.non2xx} refused and ${result.errors} failed requests`);
  }
  return ((await ask(server)) - before) / amount;
}

const running = await Promise.all(
  SERVERS.map(async (name) => {
    const server = fork(new URL(`./servers/${name}.ts`, import.meta.url), [directory], {
      execArgv: ['--import', 'tsx'],
    });
    const [{ port }] = (await once(server, 'message')) as [{ port: number }];
    await measure(server, port, 5_000);
    return { name, server, port, samples: [] as number[] };
  }),
);
for (let round = 0; round < Number(rounds); round += 1) {
  for (const { name, server, port, samples } of running) {
    samples.push(await measure(server, port, Number(requests)));
    process.stdout.write(`round ${round + 1} ${name}: ${samples.at(-1)!.toFixed(1)} us\n`);
  }
}
for (const { server } of running) server.kill();

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const floor = median(running.find(({ name }) => name === 'hello')!.samples);
process.stdout.write(
  `\nnode ${process.version}, ${cpus()[0]?.model ?? 'unknown CPU'}, ${CONNECTIONS} connections\n\n`,
);
process.stdout.write(
  '| server | CPU a request, median | lowest to highest | against node:http |\n| --- | --- | --- | --- |\n',
);
for (const { name, samples } of running) {
  const spread = `${Math.min(...samples).toFixed(1)} to ${Math.max(...samples).toFixed(1)}`;
  process.stdout.write(
    `| ${name} | ${median(samples).toFixed(1)} us | ${spread} us | ${(median(samples) / floor).toFixed(2)}x |\n`,
  );
}
