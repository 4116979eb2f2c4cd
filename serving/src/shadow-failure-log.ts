import type { Logger } from 'pino';
import { messageOf } from './errors.js';
import { LineBudget } from './observability/line-budget.js';
import type { ShadowFailed } from './prediction/shadow/shadow-group.js';

/** A shadow that fails does so at many requests: the first of a second says all. */
const LINES_PER_SECOND = 1;

/** Writes into the log why a shadow could not compute a request: no answer tells. */
export function shadowFailureLog(log: Logger, budget = new LineBudget(LINES_PER_SECOND)): ShadowFailed {
  return ({ modelName, version }, requestId, code, error) => {
    const withheld = budget.take();
    if (withheld === undefined) return;
    log.warn(
      {
        model: modelName,
        version,
        alias: 'shadow',
        code,
        request_id: requestId,
        cause: messageOf(error),
        ...(withheld > 0 && { withheld }),
      },
      'the shadow could not compute what the champion has answered',
    );
  };
}
