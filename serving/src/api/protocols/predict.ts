import { predictionsJson } from '../../prediction/prediction-json.js';
import { readInstances } from './json-body.js';
import type { Protocol } from './protocol.js';

/** `POST /predict` with `{"instances": [...]}`: the tier's own protocol, for the first model that it serves. */
export const predictProtocol: Protocol = {
  route: '/predict',

  match: (path) => (path === '/predict' ? {} : undefined),

  read(request, body, target) {
    return {
      request: readInstances(request, body, target),
      reply: ({ servable, outputs, rows }, requestId) => ({
        contentType: 'application/json',
        body: `{"predictions":${predictionsJson(outputs, rows)},"model_name":${JSON.stringify(servable.modelName)},"model_version":${JSON.stringify(servable.version)},"request_id":"${requestId}"}`,
      }),
    };
  },
};
