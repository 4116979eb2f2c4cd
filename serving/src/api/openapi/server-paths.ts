import { SERVER } from '../model-metadata.js';
import { TAGS } from './inference-paths.js';
import { objectSchema, type JsonSchema } from './json-schema.js';
import { lookup, type Lookup, type Paths, type Requirements } from './operations.js';

const STRING: JsonSchema = { type: 'string' };
const READY = { 200: 'Send requests.', 503: 'Not now: a model is missing, or the replica is stopping.' };

function one(name: string, schema: JsonSchema): JsonSchema {
  return objectSchema([[name, schema]], true);
}

const ROUTES: Readonly<Record<string, Lookup>> = {
  '/health/live': {
    tag: TAGS.health,
    operationId: 'live',
    summary: 'Whether the process answers',
    answers: { 200: 'It does.' },
    reply: one('status', { const: 'live' }),
  },
  '/health/ready': {
    tag: TAGS.health,
    operationId: 'ready',
    summary: 'Whether every model is loaded',
    answers: READY,
    reply: one('status', { enum: ['ready', 'not_ready'] }),
  },
  '/v2': {
    tag: TAGS.v2,
    operationId: 'v2_server',
    summary: 'Name, version and extensions of the server',
    answers: { 200: 'What this is.' },
    reply: objectSchema(
      [
        ['name', STRING],
        ['version', STRING],
        ['extensions', { type: 'array', items: STRING }],
      ],
      true,
    ),
    example: { ...SERVER, extensions: ['binary_tensor_data'] },
  },
  '/v2/health/live': {
    tag: TAGS.v2,
    operationId: 'v2_live',
    summary: 'Whether the process answers',
    answers: { 200: 'It does.' },
    reply: one('live', { type: 'boolean' }),
  },
  '/v2/health/ready': {
    tag: TAGS.v2,
    operationId: 'v2_ready',
    summary: 'Whether every model is loaded',
    answers: READY,
    reply: one('ready', { type: 'boolean' }),
  },
  '/ping': {
    tag: TAGS.mlflow,
    operationId: 'ping',
    summary: 'Whether every model is loaded',
    answers: READY,
  },
  '/version': {
    tag: TAGS.mlflow,
    operationId: 'version',
    summary: "Version of MLflow's scoring protocol",
    answers: { 200: 'The version of MLflow whose clients are answered.' },
    mediaType: 'text/plain',
    reply: STRING,
  },
};

/** What the server says of itself, whatever its models. */
export function serverPaths(requirements: Requirements): Paths {
  return Object.fromEntries(
    Object.entries(ROUTES).map(([path, operation]) => [path, { get: lookup(operation, requirements(path)) }]),
  );
}
