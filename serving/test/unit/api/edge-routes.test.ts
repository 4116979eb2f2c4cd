import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { PipelineContext } from '../../../src/api/express-pipeline.js';
import { INFERENCE_SERVICE } from '../../../src/api/grpc/definition.js';
import type { Health } from '../../../src/api/health-routes.js';
import type { OpenApiSource } from '../../../src/api/openapi/openapi-source.js';
import type { OutcomeRouteContext } from '../../../src/api/outcomes/outcome-routes.js';
import { PROTOCOLS } from '../../../src/api/protocols/protocols.js';
import { publicApp } from '../../../src/api/public-app.js';
import type { ModelDirectory } from '../../../src/servables/model-directory.js';
import { MANAGEMENT_ROUTES } from '../../acceptance/management-routes.js';
import { SERVING_ROOT } from '../../support/training-environment.js';

interface Layer {
  readonly route?: { readonly path: string | readonly string[] };
}

const TERRAFORM = readFileSync(join(SERVING_ROOT, '../terraform/modules/edge/routes.tf'), 'utf8');

/** A list of the module: `name = ["/predict", ...]`. */
function listed(name: string): string[] {
  const list = new RegExp(`\\b${name}\\s*=\\s*\\[([^\\]]*)\\]`).exec(TERRAFORM)?.[1] ?? '';
  return [...list.matchAll(/"([^"]*)"/g)].map(([, path = '']) => path);
}

const exactPaths = listed('exact_paths');
const pathPrefixes = listed('path_prefixes');

function isRouted(path: string): boolean {
  return exactPaths.includes(path) || pathPrefixes.some((prefix) => path.startsWith(prefix));
}

/** Paths of the public port, as clients ask for them. */
function publicPaths(): string[] {
  const app = publicApp(
    {} as unknown as PipelineContext,
    {} as unknown as Health,
    {} as unknown as ModelDirectory,
    undefined,
    {} as unknown as OpenApiSource,
    {} as unknown as OutcomeRouteContext,
  );
  const { stack } = app.router as unknown as { readonly stack: readonly Layer[] };
  const declared = stack.flatMap(({ route }) => (route === undefined ? [] : [route.path].flat()));
  return [...PROTOCOLS.map(({ route }) => route), ...declared].map((path) =>
    path
      .replace(/:predict$/, '%predict')
      .replace(/\{\w+\}|:\w+/g, 'x')
      .replace('%', ':'),
  );
}

describe('the routes of the edge (terraform/modules/edge)', () => {
  it('lead to all that the public port answers', () => {
    const paths = publicPaths();
    expect(paths).to.include.members([
      '/predict',
      '/v1/models/x:predict',
      '/outcomes',
      '/openapi.json',
      '/docs',
    ]);
    expect(paths.filter((path) => !isRouted(path))).to.deep.equal([]);
  });

  it('lead to gRPC', () => {
    expect(TERRAFORM).to.contain(`"/${INFERENCE_SERVICE}/"`);
  });

  it('lead to nothing of the management port', () => {
    expect(MANAGEMENT_ROUTES.map(({ path }) => path)).to.include('/metrics');
    expect(MANAGEMENT_ROUTES.filter(({ path }) => isRouted(path))).to.deep.equal([]);
  });

  it('are there for something that answers', () => {
    const paths = publicPaths();
    expect(exactPaths.filter((path) => !paths.includes(path))).to.deep.equal([]);
    expect(pathPrefixes.filter((prefix) => !paths.some((path) => path.startsWith(prefix)))).to.deep.equal([]);
  });
});
