import type { GoldenExamples } from './golden-examples.js';
import { INFERENCE_PARAMETERS, REPLY_HEADERS } from './headers.js';
import { schemaRef, type JsonSchema } from './json-schema.js';
import { inferenceCodes, lookupCodes, problemResponses } from './problem-responses.js';

export type PathItem = Readonly<Record<string, JsonSchema>>;
/** Path -> what can be done there. */
export type Paths = Readonly<Record<string, PathItem>>;

/** What a request to a route must bring; the words are those of the setting AUTH. */
export type Requirement = 'off' | 'api-key' | 'jwt' | 'any';

/** @param route as it is declared, such as `/v2/models/{model}/infer` */
export type Requirements = (route: string) => Requirement;

export const SECURITY_SCHEMES = {
  apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
  apiKeyAsBearer: { type: 'http', scheme: 'bearer', description: 'The API key.' },
  token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
} as const;

type SchemeName = keyof typeof SECURITY_SCHEMES;

const SCHEMES: Readonly<Record<Requirement, readonly SchemeName[]>> = {
  off: [],
  'api-key': ['apiKey', 'apiKeyAsBearer'],
  jwt: ['token'],
  any: ['apiKey', 'apiKeyAsBearer', 'token'],
};

export function schemesOf(requirement: Requirement): readonly SchemeName[] {
  return SCHEMES[requirement];
}

/** One of them is enough. */
export function securityOf(requirement: Requirement): JsonSchema {
  const schemes = schemesOf(requirement);
  return schemes.length === 0 ? {} : { security: schemes.map((scheme) => ({ [scheme]: [] })) };
}

export interface Described {
  readonly tag: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly JsonSchema[];
}

function head({ tag, operationId, summary, description, parameters }: Described): JsonSchema {
  return {
    tags: [tag],
    operationId,
    summary,
    ...(description !== undefined && { description }),
    ...(parameters !== undefined && { parameters }),
  };
}

export interface Inference extends Described {
  /** Media type -> schema of the body. */
  readonly request: Readonly<Record<string, JsonSchema>>;
  readonly reply: JsonSchema;
  /** Empty while no version is available. */
  readonly examples: GoldenExamples;
}

/** A POST that computes predictions. */
export function inference(operation: Inference, requirement: Requirement): JsonSchema {
  const all = Object.entries(operation.examples);
  const contentOf = ([mediaType, schema]: readonly [string, JsonSchema]) => [
    mediaType,
    {
      schema,
      ...examples(
        all.flatMap(([name, { summary, request, ...example }]) =>
          example.mediaType === mediaType ? [[name, { summary, value: request }] as const] : [],
        ),
      ),
    },
  ];
  return {
    ...head({ ...operation, parameters: [...(operation.parameters ?? []), ...INFERENCE_PARAMETERS] }),
    requestBody: {
      required: true,
      content: Object.fromEntries(Object.entries(operation.request).map(contentOf)) as JsonSchema,
    },
    responses: {
      200: {
        description: 'One prediction a row, in the order of the rows.',
        headers: REPLY_HEADERS,
        content: {
          'application/json': {
            schema: operation.reply,
            ...examples(all.map(([name, { summary, reply }]) => [name, { summary, value: reply }] as const)),
          },
        },
      },
      ...problemResponses(inferenceCodes(requirement !== 'off')),
    },
    ...securityOf(requirement),
  };
}

interface Example {
  readonly summary: string;
  readonly value: unknown;
}

function examples(entries: readonly (readonly [string, Example])[]): JsonSchema {
  return entries.length === 0 ? {} : { examples: Object.fromEntries(entries) };
}

export interface Lookup extends Described {
  /** Status -> what that means. */
  readonly answers: Readonly<Record<number, string>>;
  readonly mediaType?: string;
  readonly reply?: JsonSchema;
  /** The answer of now, where there is one. */
  readonly example?: unknown;
  /** It says something of a model, which it can do only while that is loaded. */
  readonly ofModel?: boolean;
}

/** A GET that says something. */
export function lookup(operation: Lookup, requirement: Requirement): JsonSchema {
  const { answers, mediaType = 'application/json', reply, example } = operation;
  const content =
    reply === undefined
      ? {}
      : { content: { [mediaType]: { schema: reply, ...(example !== undefined && { example }) } } };
  return {
    ...head(operation),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, description]) => [
          status,
          { description, headers: REPLY_HEADERS, ...content },
        ]),
      ),
      ...problemResponses(lookupCodes(requirement !== 'off', operation.ofModel === true)),
    },
    ...securityOf(requirement),
  };
}

/** The schema of a component, or one of several. */
export function anyOfRefs(names: readonly string[]): JsonSchema {
  const distinct = [...new Set(names)];
  return distinct.length === 1 ? schemaRef(distinct[0]!) : { anyOf: distinct.map(schemaRef) };
}
