import { predictionsJson } from '../../prediction/prediction-json.js';
import { requireJson } from '../request-body.js';
import { isObject, nonEmptyList, parseJson } from './json-body.js';
import type { Protocol } from './protocol.js';

const PATH = /^\/v1\/models\/([^/:]+)(?:\/versions\/([^/:]+))?:predict$/;

/** The V1 prediction protocol of TensorFlow Serving and KServe: `{"instances"}` in, `{"predictions"}` out. */
export const v1Protocol: Protocol = {
  route: '/v1/models/{model}:predict',
  errorMember: 'error',

  match(path) {
    const [, model, version] = PATH.exec(path) ?? [];
    return model === undefined ? undefined : { model, ...(version !== undefined && { version }) };
  },

  read(request, body, target) {
    requireJson(request);
    const parsed = parseJson(body);
    const instances = nonEmptyList(isObject(parsed) ? parsed['instances'] : undefined, '/instances');
    return {
      request: { ...target, rows: instances.length, encode: (encoder) => encoder.encode(instances) },
      reply: ({ outputs, rows }) => ({
        contentType: 'application/json',
        body: `{"predictions":${predictionsJson(outputs, rows)}}`,
      }),
    };
  },
};
