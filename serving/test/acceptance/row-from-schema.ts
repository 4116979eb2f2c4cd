/** A row as `/predict` takes it. */
export type Row = Readonly<Record<string, unknown>>;

interface ValueSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/** A row that a published schema allows, where the tier shows no example. @throws for a schema of no row */
export function rowFromSchema(schema: Readonly<Record<string, unknown>>): Row {
  const properties = schema['properties'] as Readonly<Record<string, ValueSchema>> | undefined;
  if (properties === undefined) throw new Error('The tier publishes no features: is there a model?');
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, valueFrom(value)]));
}

function valueFrom({ type, enum: allowed, minimum, maximum }: ValueSchema): unknown {
  if (allowed !== undefined) return allowed[0];
  const kind = typeof type === 'string' ? type : type?.find((name) => name !== 'null');
  switch (kind) {
    case 'boolean':
      return true;
    case 'integer':
      return Math.ceil(middle(minimum, maximum));
    case 'number':
      return middle(minimum, maximum);
    case 'string':
      return 'a';
    default:
      throw new Error(`A feature of the published schema has the type ${JSON.stringify(type)}`);
  }
}

/** Something of the size that features have, wherever the bounds are. */
function middle(minimum = -Infinity, maximum = Infinity): number {
  return Math.min(Math.max(1, minimum), maximum);
}
