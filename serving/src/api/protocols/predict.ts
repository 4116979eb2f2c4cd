import { predictionsJson } from '../../prediction/prediction-json.js';
import { readInstances } from './json-body.js';
import type { Protocol } from './protocol.js';

/** `POST /predict` with `{"instances": [...]}`: the tier's own protocol, for the first model that it serves. */
export const predictProtocol: Protocol = {
  route: '/predict',

  match: (path) => (path === '/predict' ? {} : undefined),

  read(head, body) {
    return {
      request: readInstances(head, body),
      reply: (prediction, requestId) => ({
        contentType: 'application/json',
        body: `{"predictions":${predictionsJson(prediction)},"model_name":${JSON.stringify(prediction.servable.modelName)},"model_version":${JSON.stringify(prediction.servable.version)},"request_id":"${requestId}"}`,
      }),
    };
  },
};
