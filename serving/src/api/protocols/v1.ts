import { predictionsJson } from '../../prediction/prediction-json.js';
import { readInstances } from './json-body.js';
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

  read(head, body) {
    return {
      request: readInstances(head, body),
      reply: (prediction) => ({
        contentType: 'application/json',
        body: `{"predictions":${predictionsJson(prediction)}}`,
      }),
    };
  },
};
