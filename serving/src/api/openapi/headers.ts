import { CLIENT_REQUEST_ID } from '../reply-headers.js';
import { TRAFFIC_KEY } from '../traffic-headers.js';
import type { JsonSchema } from './json-schema.js';

function ref(kind: 'headers' | 'parameters', name: string): JsonSchema {
  return { $ref: `#/components/${kind}/${name}` };
}

/** `components.headers`: what every reply carries. */
export const HEADER_COMPONENTS: Readonly<Record<string, JsonSchema>> = {
  'x-model-version': {
    description: 'The version that answered; on errors the champion; `none` while no version is available.',
    schema: { type: 'string' },
  },
  'x-model-digest': {
    description: 'Digest of the bytes of that version.',
    schema: { type: 'string', pattern: '^(sha256:[0-9a-f]{64}|none)$' },
  },
  'x-request-id': {
    description: "The request's own id, or a new one. It finds the request in the log.",
    schema: { type: 'string' },
  },
};

/** Headers of a response, by reference. */
export const REPLY_HEADERS: Readonly<Record<string, JsonSchema>> = Object.fromEntries(
  Object.keys(HEADER_COMPONENTS).map((name) => [name, ref('headers', name)]),
);

/** `components.parameters`: headers that a request may carry. */
export const PARAMETER_COMPONENTS: Readonly<Record<string, JsonSchema>> = {
  'x-model-version': {
    name: 'x-model-version',
    in: 'header',
    description:
      'Answer with exactly this version, or refuse. Without it the version answers that the alias names.',
    schema: { type: 'string' },
  },
  'x-model-alias': {
    name: 'x-model-alias',
    in: 'header',
    description:
      'Answer with exactly what is served as `champion`, `canary`, `shadow` or `standby`, or under another alias, or refuse. Without it the traffic policy decides.',
    schema: { type: 'string' },
  },
  'x-traffic-key': {
    name: 'x-traffic-key',
    in: 'header',
    description:
      'Requests with one key are answered by one version while live traffic is split. Without it the request id is the key.',
    schema: { type: 'string', pattern: TRAFFIC_KEY.source },
  },
  'x-request-id': {
    name: 'x-request-id',
    in: 'header',
    // Not as a pattern of the schema: what has another form is taken too.
    description: `Repeated in the reply and in the log where it has the form \`${CLIENT_REQUEST_ID.source}\`; otherwise a new one is made.`,
    schema: { type: 'string' },
  },
  'x-request-timeout-ms': {
    name: 'x-request-timeout-ms',
    in: 'header',
    description: 'How long the client waits, in milliseconds. What can not be started within it is refused.',
    schema: { type: 'number', exclusiveMinimum: 0, maximum: 3_600_000 },
  },
};

export const INFERENCE_PARAMETERS: readonly JsonSchema[] = Object.keys(PARAMETER_COMPONENTS).map((name) =>
  ref('parameters', name),
);
