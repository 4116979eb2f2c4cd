import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

interface Example {
  readonly value: unknown;
}

interface MediaType {
  readonly schema: object;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, Example>>;
}

type Content = Readonly<Record<string, MediaType>>;

interface Parameter {
  readonly $ref?: string;
  readonly name?: string;
  readonly in?: string;
  readonly example?: unknown;
  readonly schema?: Readonly<Record<string, unknown>>;
}

interface Response {
  readonly $ref?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Content;
}

export interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, Response>>;
  readonly security?: readonly Readonly<Record<string, unknown>>[];
}

/** As much of an OpenAPI document as the tests read. */
export interface ReadDocument {
  readonly openapi: string;
  readonly info: { readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    readonly responses: Readonly<Record<string, Response>>;
    readonly parameters: Readonly<Record<string, Parameter>>;
    readonly securitySchemes?: Readonly<Record<string, unknown>>;
  };
}

/** One operation with the address it is at. */
export interface Located {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

/** What the schema of OpenAPI itself has against a document; undefined: nothing. */
export async function openApiFaults(document: ReadDocument): Promise<string | undefined> {
  // A copy, since the validator writes into what it reads.
  const copy = structuredClone(document) as unknown as Record<string, unknown>;
  const { valid, errors } = await new Validator().validate(copy);
  return valid ? undefined : JSON.stringify(errors);
}

export function operationsOf({ paths }: ReadDocument): readonly Located[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );
}

/** The body of an answer with this status, by media type; undefined where the document has no such status. */
export function contentOf(
  { components }: ReadDocument,
  { responses }: Operation,
  status: number | string,
): Content | undefined {
  const response = responses[status];
  if (response?.$ref === undefined) return response === undefined ? undefined : (response.content ?? {});
  return components.responses[response.$ref.replace('#/components/responses/', '')]?.content;
}

/** The path with its parameters as the document's examples have them. */
export function examplePath({ path, operation }: Located): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const parameter = operation.parameters?.find((candidate) => candidate.name === name);
    if (parameter?.example === undefined) throw new Error(`${path}: ${name} has no example`);
    return `${parameter.example as string | number}`;
  });
}

/** A request that the document gives as an example, and the answer that it promises. */
export interface ExampleExchange extends Located {
  readonly name: string;
  readonly mediaType: string;
  readonly request: unknown;
  readonly reply: unknown;
}

/** Every example request of the document. @throws when one has no reply of its name */
export function exampleExchanges(document: ReadDocument): readonly ExampleExchange[] {
  return operationsOf(document).flatMap((located) =>
    Object.entries(located.operation.requestBody?.content ?? {}).flatMap(([mediaType, { examples = {} }]) =>
      Object.entries(examples).map(([name, { value: request }]) => {
        const replies = located.operation.responses['200']?.content?.['application/json']?.examples ?? {};
        const reply = replies[name];
        if (reply === undefined) throw new Error(`${located.path}: ${name} has no reply`);
        return { ...located, name, mediaType, request, reply: reply.value };
      }),
    ),
  );
}

/** Everything in the document that is given as an example, with the schema it has to keep. */
export function examplesWithSchemas(
  document: ReadDocument,
): readonly { readonly what: string; readonly schema: object; readonly value: unknown }[] {
  return operationsOf(document).flatMap(({ path, method, operation }) => {
    const bodies = [
      ['request', operation.requestBody?.content] as const,
      ...Object.keys(operation.responses).map(
        (status) => [status, contentOf(document, operation, status)] as const,
      ),
    ];
    return bodies.flatMap(([where, content = {}]) =>
      Object.entries(content).flatMap(([mediaType, { schema, example, examples = {} }]) => {
        const all: [string, unknown][] = Object.entries(examples).map(([name, { value }]) => [name, value]);
        if (example !== undefined) all.push(['example', example]);
        return all.map(([name, value]) => ({
          what: `${method} ${path} ${where} ${mediaType} ${name}`,
          schema,
          value,
        }));
      }),
    );
  });
}

/** Compiles schemas of the document, references and all. */
export class SchemaChecker {
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });

  constructor(document: ReadDocument) {
    this.#ajv.addSchema(document, 'document');
  }

  validator(schema: object): ValidateFunction {
    return this.#ajv.compile(rebased(schema) as object);
  }

  /** What is wrong with a value; empty when nothing is. */
  faults(schema: object, value: unknown): readonly string[] {
    const validate = this.validator(schema);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message = '' }) => `${instancePath} ${message}`);
  }
}

/** References within the document, as they are seen from outside. */
function rebased(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(rebased);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === '$ref' && typeof value === 'string' ? `document${value}` : rebased(value),
    ]),
  );
}
