import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Express } from 'express';
import type { TrafficHistory } from './console/traffic-history.js';
import { onlyMethods } from './express-pipeline.js';
import { addPage } from './pages/page.js';

const BROWSER = fileURLToPath(new URL('./browser/', import.meta.url));
const FILES = [
  'console.css',
  'console.js',
  'drift-view.js',
  'elements.js',
  'format.js',
  'models-view.js',
  'policy-view.js',
  'sparkline.js',
  'traffic-view.js',
  'workers-view.js',
];

/** The page for people on the management port, and the numbers that only it needs. */
export function addConsoleRoutes(app: Express, traffic: Pick<TrafficHistory, 'report'>): void {
  app
    .route('/console/traffic')
    .get(async (_request, response) => {
      response.json(await traffic.report());
    })
    .all(onlyMethods('GET'));

  addPage(app, {
    path: '/',
    html: join(BROWSER, 'console/console.html'),
    folder: 'console',
    files: {
      ...Object.fromEntries(FILES.map((name) => [name, join(BROWSER, 'console', name)])),
      'icon.svg': join(BROWSER, 'icon.svg'),
    },
  });
}
