import type { Express, Request } from 'express';
import { RequestError } from '../errors.js';
import { RegistryError } from '../registry/model-registry.js';
import type { TrafficPolicyWriter } from '../registry/traffic-policy-writer.js';
import { requireAdminToken } from './access/admin-token.js';
import { onlyMethods } from './express-pipeline.js';
import type { Replica } from './replica.js';
import { readBody, requireJson } from './request-body.js';
import { readTrafficBody } from './traffic-body.js';

const MAX_POLICY_BYTES = 16 * 1024;

export interface TrafficRoutesOptions {
  readonly replica: Pick<Replica, 'status' | 'broadcast'>;
  readonly policies: Pick<TrafficPolicyWriter, 'write' | 'remove'>;
  /** Those that are served here; the first is meant where a request names none. */
  readonly modelNames: readonly [string, ...string[]];
  readonly adminToken: string | undefined;
}

/** How live traffic is split, and how to split it otherwise: on all replicas, by way of the registry. */
export function addTrafficRoutes(app: Express, options: TrafficRoutesOptions): void {
  const { replica, policies, modelNames, adminToken } = options;

  const modelOf = (request: Request): string => {
    const { model = modelNames[0] } = request.query;
    const found = modelNames.find((name) => name === model);
    if (found !== undefined) return found;
    const names = [...new Set(modelNames)].join(', ');
    throw new RequestError('MODEL_NOT_FOUND', `No model of that name is served here; there are: ${names}`);
  };

  app
    .route('/traffic')
    .get(async (_request, response) => {
      const { models } = await replica.status();
      // The policy of a model is its first alias's.
      const first = models.filter(
        ({ model_name: name }, i) => models.findIndex(({ model_name: other }) => other === name) === i,
      );
      response.json({
        models: first.map(({ model_name, alias, available, traffic }) => ({
          model_name,
          alias,
          champion: available?.version ?? null,
          ...traffic,
        })),
      });
    })
    .all(onlyMethods('GET'));

  app
    .route('/admin/traffic')
    .put(requireAdminToken(adminToken), async (request, response) => {
      requireJson(request);
      const model = modelOf(request);
      const policy = readTrafficBody(await readBody(request, MAX_POLICY_BYTES));
      const unfit = await written(policies.write(model, policy));
      if (unfit.length > 0) {
        throw new RequestError(
          'INVALID_REQUEST',
          `Nobody would give traffic to ${unfit.map(({ role, version, reason }) => `version ${version} as ${role}, which ${reason}`).join(', nor to ')}`,
          unfit.map(({ role, reason }) => ({
            path: `/${role}/version`,
            expected: 'a version of the registry that is not quarantined',
            found: `one that ${reason}`,
          })),
        );
      }
      replica.broadcast('hurry');
      // Not awaited: other replicas follow at their next look, and versions take their time to load. `/traffic` says.
      response.status(202).json({ model, policy });
    })
    .delete(requireAdminToken(adminToken), async (request, response) => {
      const model = modelOf(request);
      await written(policies.remove(model));
      replica.broadcast('hurry');
      response.status(202).json({ model, policy: {} });
    })
    .all(onlyMethods('PUT', 'DELETE'));
}

/** @throws {RequestError} FORBIDDEN, MODEL_NOT_FOUND or REGISTRY_UNAVAILABLE */
async function written<T>(writing: Promise<T>): Promise<T> {
  try {
    return await writing;
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause;
    switch (cause.kind) {
      case 'denied':
        throw new RequestError(
          'FORBIDDEN',
          "This replica's credentials may not write to the registry, as it should be; use the command line: traffic --model <name> ...",
          [],
          { cause },
        );
      case 'not-found':
        throw new RequestError('MODEL_NOT_FOUND', 'The registry has no such model', [], { cause });
      default:
        throw new RequestError(
          'REGISTRY_UNAVAILABLE',
          'The registry did not take the policy; try again',
          [],
          {
            cause,
          },
        );
    }
  }
}
