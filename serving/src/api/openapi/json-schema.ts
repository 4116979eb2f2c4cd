/** A JSON Schema of draft 2020-12, as OpenAPI 3.1 has it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A reference to a schema below `components`. */
export function schemaRef(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

/** A list with one schema a position, and nothing after them. */
export function tupleSchema(items: readonly JsonSchema[]): JsonSchema {
  return { type: 'array', prefixItems: items, items: false, minItems: items.length, maxItems: items.length };
}

/** An object that has all of these properties. */
export function objectSchema(
  properties: readonly (readonly [string, JsonSchema])[],
  additionalProperties: boolean,
): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    required: properties.map(([name]) => name),
    additionalProperties,
  };
}
