/** One answer as it stood on the wire. */
export interface WireAnswer {
  readonly status: number;
  /** Names in lower case; the last one of a name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface WireAnswers {
  readonly answers: readonly WireAnswer[];
  /** Bytes behind the last whole answer. */
  readonly rest: Buffer;
}

interface Piece {
  readonly body: Buffer;
  readonly end: number;
}

const HEAD_END = '\r\n\r\n';

/** The body that starts at a position; undefined while it is not whole. */
function bodyOf(bytes: Buffer, start: number, headers: Readonly<Record<string, string>>): Piece | undefined {
  if (headers['transfer-encoding'] === 'chunked') return chunkedBody(bytes, start);
  // To HTTP/1.0, an answer whose length is not known ends with its connection.
  const length = Number(headers['content-length'] ?? bytes.length - start);
  const end = start + length;
  return end <= bytes.length ? { body: bytes.subarray(start, end), end } : undefined;
}

function chunkedBody(bytes: Buffer, start: number): Piece | undefined {
  const chunks: Buffer[] = [];
  for (let at = start; ;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const end = lineEnd + 2 + size + 2;
    if (end > bytes.length) return undefined;
    if (size === 0) return { body: Buffer.concat(chunks), end };
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = end;
  }
}

/**
 * Every whole answer of HTTP/1.1 in what a connection brought. Interim ones (100) are left out.
 *
 * @param toHead the requests were such that answers declare a length and have no body
 */
export function readAnswers(bytes: Buffer, toHead = false): WireAnswers {
  const answers: WireAnswer[] = [];
  let rest = bytes;
  for (;;) {
    const headEnd = rest.indexOf(HEAD_END);
    if (headEnd === -1) return { answers, rest };
    const [statusLine = '', ...lines] = rest.toString('latin1', 0, headEnd).split('\r\n');
    const status = /^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1];
    if (status === undefined) return { answers, rest };
    const headers = Object.fromEntries(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
      }),
    );
    const start = headEnd + HEAD_END.length;
    const hasNoBody = toHead || status === '204' || status === '304' || status.startsWith('1');
    const piece = hasNoBody ? { body: Buffer.alloc(0), end: start } : bodyOf(rest, start, headers);
    if (piece === undefined) return { answers, rest };
    if (!status.startsWith('1')) answers.push({ status: Number(status), headers, body: piece.body });
    rest = rest.subarray(piece.end);
  }
}
