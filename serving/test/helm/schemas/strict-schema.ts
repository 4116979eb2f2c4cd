export type JsonObject = Record<string, unknown>;

/** Where the schemas of Kubernetes' own types are, seen from a schema's folder. */
export const DEFINITIONS = '_definitions.json';

/** Parts of a schema that only add conditions to what lies around them: a field that they don't name may be there. */
const CONDITIONS = new Set(['allOf', 'anyOf', 'oneOf', 'not']);

/** Maps of names, where `properties` is the name of a field and no keyword. */
const NAMED = new Set(['properties', 'patternProperties', 'definitions']);

/** Keywords that OpenAPI has and JSON Schema has not, or that validators disagree about. */
const DROPPED = new Set(['nullable', 'default', 'example', 'description', 'format']);

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A schema of OpenAPI v3, as Kubernetes and its CRDs have them, as JSON Schema that refuses unknown fields.
 * @param closed false inside of conditions
 */
export function strictSchema(schema: unknown, closed = true): unknown {
  if (Array.isArray(schema)) return schema.map((item) => strictSchema(item, closed));
  if (!isObject(schema)) return schema;
  if (typeof schema['$ref'] === 'string') {
    return { $ref: `../${DEFINITIONS}#/definitions/${schema['$ref'].split('/').at(-1) ?? ''}` };
  }
  // A reference that only brings a default or a description along.
  const all: unknown = schema['allOf'];
  if (Array.isArray(all) && all.length === 1 && !('properties' in schema))
    return strictSchema(all[0], closed);
  if (schema['x-kubernetes-int-or-string'] === true || schema['format'] === 'int-or-string') {
    return { type: ['integer', 'string'] };
  }
  const strict: JsonObject = {};
  for (const [key, value] of Object.entries(schema)) {
    if (DROPPED.has(key) || key.startsWith('x-')) continue;
    if (NAMED.has(key) && isObject(value)) {
      const named = Object.entries(value).map(([name, child]) => [name, strictSchema(child, closed)]);
      strict[key] = Object.fromEntries(named);
    } else {
      strict[key] = strictSchema(value, closed && !CONDITIONS.has(key));
    }
  }
  const type = strict['type'];
  if (schema['nullable'] === true && typeof type === 'string') strict['type'] = [type, 'null'];
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (closed && !isOpen && 'properties' in strict) strict['additionalProperties'] ??= false;
  return strict;
}

export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** Where kubeconform looks by the template `{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json`. */
export function schemaPath({ group, version, kind }: Kind): string {
  return `${group === '' ? version : group}/${kind.toLowerCase()}_${version}.json`;
}

/** The schema of a manifest: the type's own, in which the kind is not to be left out. */
export function manifestSchema({ group, version, kind }: Kind, strict: JsonObject): JsonObject {
  const properties = isObject(strict['properties']) ? strict['properties'] : {};
  const required: unknown[] = Array.isArray(strict['required']) ? strict['required'] : [];
  return {
    ...strict,
    properties: {
      metadata: { $ref: `../${DEFINITIONS}#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta` },
      ...properties,
      apiVersion: { const: group === '' ? version : `${group}/${version}` },
      kind: { const: kind },
    },
    required: [...new Set([...required, 'apiVersion', 'kind'])],
  };
}
