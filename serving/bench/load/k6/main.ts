import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadSettings, type LoadSettings } from './load-settings.js';
import { mixedRows, readRows } from './row-source.js';

/** `make load`: checks what is asked for, fetches rows, and runs k6. Exit status 99: a threshold was crossed. */
const BODIES = 2_000;
const REPORTS = fileURLToPath(new URL('../../../../.reports/load/', import.meta.url));
const SCRIPT = fileURLToPath(new URL('./ramp.ts', import.meta.url));

try {
  const [k6] = process.argv.slice(2);
  if (k6 === undefined) throw new Error('Expected the path of k6');
  process.exitCode = await run(k6, loadSettings(process.env));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function run(k6: string, settings: LoadSettings): Promise<number> {
  const { url, ratePerSecond, seconds, p99Ms } = settings;
  const rows = mixedRows(await readRows(settings), BODIES);
  await mkdir(REPORTS, { recursive: true });
  const bodies = join(REPORTS, 'bodies.json');
  const report = join(REPORTS, 'report.html');
  await writeFile(bodies, JSON.stringify(rows.map((row) => JSON.stringify({ instances: [row] }))));
  process.stdout.write(`${url.href}: up to ${ratePerSecond} requests a second, ${seconds} seconds\n`);

  const child = spawn(k6, ['run', SCRIPT], {
    stdio: 'inherit',
    env: {
      ...process.env,
      LOAD_URL: url.href,
      LOAD_RATE: String(ratePerSecond),
      LOAD_SECONDS: String(seconds),
      LOAD_P99_MS: String(p99Ms),
      LOAD_BODIES: bodies,
      K6_NO_USAGE_REPORT: 'true',
      // Nothing is fetched or shown elsewhere: the report is one file that needs no network.
      K6_AUTO_EXTENSION_RESOLUTION: 'false',
      K6_WEB_DASHBOARD: 'true',
      K6_WEB_DASHBOARD_PORT: '-1',
      K6_WEB_DASHBOARD_PERIOD: '1s',
      K6_WEB_DASHBOARD_EXPORT: report,
    },
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  process.stdout.write(`\nReport: ${report}\n`);
  return code ?? 1;
}
