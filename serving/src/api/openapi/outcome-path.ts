import { CLIENT_REQUEST_ID } from '../reply-headers.js';
import { EXAMPLE_REQUEST_ID } from './golden-examples.js';
import { REPLY_HEADERS } from './headers.js';
import { TAGS } from './inference-paths.js';
import { objectSchema, schemaRef, type JsonSchema } from './json-schema.js';
import { securityOf, type Paths, type Requirements } from './operations.js';
import { outcomeCodes, problemResponses } from './problem-responses.js';

const EXAMPLE = { request_id: EXAMPLE_REQUEST_ID, label: 1, observed_at: '2026-01-31T00:00:00Z' };

export const OUTCOME_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    request_id: {
      description: 'That of the reply that carried the prediction.',
      type: 'string',
      pattern: CLIENT_REQUEST_ID.source,
    },
    row: { description: 'Position of the row in its request.', type: 'integer', minimum: 0, default: 0 },
    label: { description: 'true is 1, false is 0.', enum: [0, 1, false, true] },
    observed_at: {
      description:
        'When it became known, with the zone, or a day, which begins in UTC. Not in the future, but for clocks that differ a little.',
      anyOf: [
        { type: 'string', format: 'date-time' },
        { type: 'string', format: 'date' },
      ],
    },
  },
  required: ['request_id', 'label', 'observed_at'],
  additionalProperties: false,
};

/** `POST /outcomes`. */
export function outcomePath(requirements: Requirements): Paths {
  const requirement = requirements('/outcomes');
  const bulk = objectSchema(
    [['outcomes', { type: 'array', minItems: 1, items: schemaRef('Outcome') }]],
    false,
  );
  const answer = objectSchema(
    [
      ['accepted', { type: 'integer', minimum: 0 }],
      ['duplicates', { type: 'integer', minimum: 0 }],
    ],
    true,
  );
  return {
    '/outcomes': {
      post: {
        tags: [TAGS.outcomes],
        operationId: 'outcomes',
        summary: 'Say what became of predictions',
        description:
          'One outcome, a list of them, or one a line. All of a request are taken or none; what is answered with 202 is kept. Of one prediction the outcome that was observed last counts, so that a correction is a later one, repeats do no harm, and late ones are welcome.',
        requestBody: {
          required: true,
          content: {
            'application/json': { schema: { anyOf: [schemaRef('Outcome'), bulk] }, example: EXAMPLE },
            'application/x-ndjson': { schema: { type: 'string' }, example: `${JSON.stringify(EXAMPLE)}\n` },
          },
        },
        responses: {
          202: {
            description: 'They are kept. Duplicates were known already, word for word.',
            headers: REPLY_HEADERS,
            content: { 'application/json': { schema: answer, example: { accepted: 1, duplicates: 0 } } },
          },
          ...problemResponses(outcomeCodes(requirement !== 'off')),
        },
        ...securityOf(requirement),
      },
    },
  };
}
