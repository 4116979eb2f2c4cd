import type { Express } from 'express';
import { RequestError } from '../../errors.js';
import { OutcomesNotStored, type OutcomeStore } from '../../feedback/outcome-store.js';
import { requireModel } from '../access/caller.js';
import { callerOf } from '../access/guarded-routes.js';
import type { BodyBudget } from '../body-budget.js';
import { onlyMethods } from '../express-pipeline.js';
import { readBody } from '../request-body.js';
import { readOutcomes, type OutcomeLimits } from './outcome-body.js';

/** Room for the longest request id, a date, keys and spaces. */
const BYTES_PER_OUTCOME = 512;

export interface OutcomeRouteContext {
  readonly store: Pick<OutcomeStore, 'store'>;
  readonly limits: OutcomeLimits;
  readonly maxBodyBytes: number;
  readonly bodies: BodyBudget;
  /** Every model of the tier: an outcome names a request, and that may have been about any of them. */
  readonly modelNames: readonly string[];
  readonly refused: () => void;
}

/**
 * `POST /outcomes`: what became of predictions. All outcomes of a request are taken or none, and what is answered
 * with 202 is kept.
 *
 * @param context undefined: outcomes are not taken
 */
export function addOutcomeRoutes(app: Express, context: OutcomeRouteContext | undefined): void {
  app
    .route('/outcomes')
    .post(async (request, response) => {
      if (context === undefined) {
        throw new RequestError(
          'FEATURE_DISABLED',
          'Outcomes are not taken; set PREDICTION_LOG to file or kafka to switch them on',
        );
      }
      const { store, limits, maxBodyBytes, bodies, modelNames, refused } = context;
      const lease = bodies.lease(request.headers);
      try {
        const caller = callerOf(response);
        if (caller !== undefined) for (const name of modelNames) requireModel(caller, name);
        const body = await readBody(
          request,
          Math.min(maxBodyBytes, limits.maxPerRequest * BYTES_PER_OUTCOME),
          lease,
        );
        const now = new Date();
        const { accepted, duplicates } = await store.store(readOutcomes(request, body, limits, now), now);
        response.status(202).json({ accepted, duplicates });
      } catch (error) {
        if (error instanceof OutcomesNotStored) {
          throw new RequestError('OUTCOMES_NOT_STORED', error.message, [], { cause: error.cause });
        }
        refused();
        throw error;
      } finally {
        lease?.release();
      }
    })
    .all(onlyMethods('POST'));
}
