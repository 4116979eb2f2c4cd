import { expect } from 'chai';
import { managementApp, type ManagementOptions } from '../../../src/api/management-app.js';
import type { PipelineContext } from '../../../src/api/express-pipeline.js';
import { MANAGEMENT_ROUTES } from '../../acceptance/management-routes.js';

interface Layer {
  readonly route?: { readonly path: string | readonly string[] };
}

/** Those of the public port, too. */
const SHARED = ['/health/live', '/health/ready'];

describe('the routes that acceptance looks for in public', () => {
  it('are all that the management port has and the public one has not', () => {
    const nobody = { allow: [], metricsAllow: [], names: [] };
    const options = { access: nobody } as unknown as ManagementOptions;
    const app = managementApp({} as unknown as PipelineContext, options);
    const { stack } = app.router as unknown as { readonly stack: readonly Layer[] };
    const declared = stack
      .flatMap(({ route }) => (route === undefined ? [] : [route.path].flat()))
      .map((path) => path.replace(':file', 'console.js'));
    const looked = new Set(MANAGEMENT_ROUTES.map(({ path }) => path));
    expect([...new Set(declared)].filter((path) => !SHARED.includes(path))).to.have.members([...looked]);
  });
});
