import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Express } from 'express';
import { requireModel } from './access/caller.js';
import { callerOf } from './access/guarded-routes.js';
import { onlyMethods } from './express-pipeline.js';
import type { OpenApiSource } from './openapi/openapi-source.js';
import { addPage } from './pages/page.js';

const OWN = fileURLToPath(new URL('./browser/docs/', import.meta.url));
const SWAGGER_UI = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

/** What the public port says about itself: for programs at `/openapi.json`, for people at `/docs`. */
export function addDocsRoutes(app: Express, source: OpenApiSource): void {
  app
    .route('/openapi.json')
    .get((request, response) => {
      const caller = callerOf(response);
      // It describes every model, and shows rows of each: a caller who may not ask for one of them may not read it.
      if (caller !== undefined) for (const name of source.modelNames) requireModel(caller, name);
      const { json, etag } = source.current();
      response.set('cache-control', 'no-cache').set('etag', etag).type('application/json');
      if (request.fresh) response.status(304).end();
      else response.send(json);
    })
    .all(onlyMethods('GET'));

  addPage(app, {
    path: '/docs',
    html: join(OWN, 'docs.html'),
    folder: 'docs',
    files: {
      'swagger-ui-bundle.js': join(SWAGGER_UI, 'swagger-ui-bundle.js'),
      'swagger-ui.css': join(SWAGGER_UI, 'swagger-ui.css'),
      'icon.svg': join(OWN, '../icon.svg'),
      'docs.js': join(OWN, 'docs.js'),
      'docs.css': join(OWN, 'docs.css'),
    },
  });
}
