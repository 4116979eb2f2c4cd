import { parse } from 'csv-parse/sync';
import { RequestError } from '../../errors.js';

/**
 * Rows of a CSV with a header line, as pandas writes it; a first column without a name (the index) is left out.
 * @returns one object a row, cells as text
 * @throws {RequestError} INVALID_REQUEST
 */
export function parseCsv(text: string): readonly Readonly<Record<string, string>>[] {
  let records: string[][];
  try {
    records = parse(text, { bom: true, skip_empty_lines: true });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new RequestError('INVALID_REQUEST', `The body is not a CSV with one line a row (${code})`);
  }
  const [header, ...rows] = records;
  if (header === undefined || rows.length === 0) {
    throw new RequestError('INVALID_REQUEST', 'Expected a CSV with a header and at least one row');
  }
  return rows.map((row) =>
    Object.fromEntries(header.flatMap((name, column) => (name === '' ? [] : [[name, row[column] ?? '']]))),
  );
}
