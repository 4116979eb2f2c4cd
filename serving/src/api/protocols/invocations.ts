import { RequestError } from '../../errors.js';
import { predictionsJson } from '../../prediction/prediction-json.js';
import { mediaTypeOf, requireIdentityEncoding } from '../request-body.js';
import { parseCsv } from './csv.js';
import { invalid, isObject, nonEmptyList, parsePythonJson } from './json-body.js';
import type { Protocol } from './protocol.js';

const FORMATS = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'] as const;

/** `POST /invocations` as `mlflow models serve` and its clients speak it. */
export const invocationsProtocol: Protocol = {
  route: '/invocations',

  match: (path) => (path === '/invocations' ? {} : undefined),

  read(head, body) {
    requireIdentityEncoding(head);
    const type = mediaTypeOf(head);
    if (type !== 'text/csv' && type !== 'application/json') {
      throw new RequestError('UNSUPPORTED_MEDIA_TYPE', 'Expected content-type application/json or text/csv');
    }
    const isCsv = type === 'text/csv';
    const instances = isCsv ? undefined : instancesOf(parsePythonJson(body));
    const records = isCsv ? parseCsv(body.toString('utf8')) : undefined;
    return {
      request: {
        rows: instances?.length ?? records?.length ?? 0,
        encode: (encoder, batch) => {
          encoder.encodeInto(batch, instances ?? records?.map((record) => encoder.parseText(record)) ?? []);
        },
      },
      reply: (prediction) => ({
        contentType: 'application/json',
        body: `{"predictions":${predictionsJson(prediction)}}`,
      }),
    };
  },
};

function instancesOf(body: unknown): readonly unknown[] {
  const given = isObject(body) ? FORMATS.filter((format) => Object.hasOwn(body, format)) : [];
  const [format] = given;
  if (!isObject(body) || format === undefined || given.length > 1) {
    throw new RequestError(
      'INVALID_REQUEST',
      `Expected a JSON object with exactly one of ${FORMATS.join(', ')}`,
    );
  }
  const value = body[format];
  switch (format) {
    case 'dataframe_split':
      return fromSplit(value);
    case 'dataframe_records':
    case 'instances':
      return nonEmptyList(value, `/${format}`);
    case 'inputs':
      return isObject(value) ? fromColumns(value) : nonEmptyList(value, '/inputs');
  }
}

function fromSplit(value: unknown): readonly unknown[] {
  const split = isObject(value)
    ? value
    : invalid('/dataframe_split', 'an object with columns and data', value);
  const rows = nonEmptyList(split['data'], '/dataframe_split/data');
  const columns = split['columns'];
  if (columns === undefined) return rows;
  if (!Array.isArray(columns) || !columns.every((name) => typeof name === 'string')) {
    return invalid('/dataframe_split/columns', 'a list of names', columns);
  }
  return rows.map((row, i) => {
    if (!Array.isArray(row) || row.length !== columns.length) {
      return invalid(`/dataframe_split/data/${i}`, `a list of ${columns.length} values`, row);
    }
    return Object.fromEntries(columns.map((name, column) => [name, row[column] as unknown]));
  });
}

/** `{"feature": [value, ...], ...}`: columns of equal length. A column may hold one-element lists, as numpy has it. */
function fromColumns(columns: Record<string, unknown>): readonly unknown[] {
  const entries = Object.entries(columns).map(
    ([name, values]) => [name, nonEmptyList(values, `/inputs/${name}`)] as const,
  );
  const rows = entries[0]?.[1].length ?? 0;
  const ragged = entries.find(([, values]) => values.length !== rows);
  if (rows === 0 || ragged !== undefined) {
    return invalid(
      `/inputs${ragged === undefined ? '' : `/${ragged[0]}`}`,
      `lists of one length`,
      ragged?.[1],
    );
  }
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(
      entries.map(([name, values]) => {
        const value = values[row];
        return [name, Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value];
      }),
    ),
  );
}
