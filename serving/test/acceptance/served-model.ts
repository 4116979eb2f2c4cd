import { readFileSync } from 'node:fs';
import {
  exampleExchanges,
  openApiFaults,
  type ExampleExchange,
  type ReadDocument,
} from '../support/openapi-reader.js';
import { rowFromSchema, type Row } from './row-from-schema.js';
import type { TierClient } from './tier-client.js';

/** What a tier says of the model that answers `/predict`. */
export interface ServedModel {
  /** Rows that it takes. */
  readonly rows: readonly [Row, ...Row[]];
  /** undefined: the tier publishes none. */
  readonly document: ReadDocument | undefined;
  /** Requests and the answers that the tier promises; none where it publishes no examples. */
  readonly exchanges: readonly ExampleExchange[];
}

/** @throws with what to do where nothing says which rows the model takes */
export async function readServedModel(
  client: TierClient,
  rowsFile: string | undefined,
): Promise<ServedModel> {
  const answer = await client.ask('/openapi.json');
  if (answer.status === 404 && rowsFile !== undefined) {
    return { rows: rowsIn(rowsFile), document: undefined, exchanges: [] };
  }
  if (answer.status !== 200) {
    const remedy =
      answer.status === 401 || answer.status === 403
        ? 'API_KEY_FILE must name a file with a key that may read all models.'
        : 'A tier that publishes no description (API_DOCS=off) is tested with ROWS=file.json.';
    throw new Error(`${client.origin.origin}/openapi.json answered ${answer.status}. ${remedy}`);
  }
  const document = answer.json as ReadDocument;
  const exchanges = exampleExchanges(document);
  const rows = exchanges
    .filter(({ path, name }) => path === '/predict' && name === 'by_name')
    .flatMap(({ request }) => (request as { readonly instances: readonly Row[] }).instances);
  const given = rowsFile === undefined ? rows : rowsIn(rowsFile);
  return { rows: atLeastOne(given, () => rowFromSchema(instanceSchema(document))), document, exchanges };
}

/** What OpenAPI's own schema has against the document; undefined: nothing. */
export function documentFaults({ document }: ServedModel): Promise<string | undefined> {
  return document === undefined ? Promise.resolve(undefined) : openApiFaults(document);
}

function atLeastOne(rows: readonly Row[], another: () => Row): readonly [Row, ...Row[]] {
  const [first = another(), ...more] = rows;
  return [first, ...more];
}

function rowsIn(file: string): readonly [Row, ...Row[]] {
  const rows = JSON.parse(readFileSync(file, 'utf8')) as unknown;
  if (!Array.isArray(rows) || rows.length === 0) throw new Error(`${file}: expected a JSON list of rows`);
  return rows as [Row, ...Row[]];
}

/** Of one row by feature name. */
function instanceSchema({ paths, components }: ReadDocument): Readonly<Record<string, unknown>> {
  const named = paths['/predict']?.['post']?.requestBody?.content['application/json']?.schema as
    { readonly $ref?: string } | undefined;
  const name = named?.$ref?.replace('#/components/schemas/', '').replace(/Instances$/, 'Instance') ?? '';
  const schema = components.schemas[name];
  if (schema === undefined) throw new Error(`/openapi.json has no schema ${name} of a row`);
  return schema;
}
