import { predictionsJson } from '../../prediction/prediction-json.js';
import { requireJson } from '../request-body.js';
import { isObject, nonEmptyList, parseJson } from './json-body.js';
import type { Protocol } from './protocol.js';

/** `POST /predict` with `{"instances": [...]}`: the tier's own protocol, for the first model that it serves. */
export const predictProtocol: Protocol = {
  route: '/predict',

  match: (path) => (path === '/predict' ? {} : undefined),

  read(request, body, target) {
    requireJson(request);
    const parsed = parseJson(body);
    const instances = nonEmptyList(isObject(parsed) ? parsed['instances'] : undefined, '/instances');
    return {
      request: { ...target, rows: instances.length, encode: (encoder) => encoder.encode(instances) },
      reply: ({ servable, outputs, rows }, requestId) => ({
        contentType: 'application/json',
        body: `{"predictions":${predictionsJson(outputs, rows)},"model_name":${JSON.stringify(servable.modelName)},"model_version":${JSON.stringify(servable.version)},"request_id":"${requestId}"}`,
      }),
    };
  },
};
