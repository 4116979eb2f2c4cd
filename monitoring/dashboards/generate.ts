import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { dashboards } from './dashboards.js';

/** Writes all dashboards into the folder `generated`, and nothing else stays in it. */
const folder = path.join(import.meta.dirname, 'generated');
mkdirSync(folder, { recursive: true });
for (const file of readdirSync(folder)) rmSync(path.join(folder, file));
for (const dashboard of dashboards) {
  writeFileSync(path.join(folder, `${dashboard.uid!}.json`), `${JSON.stringify(dashboard, undefined, 2)}\n`);
}
