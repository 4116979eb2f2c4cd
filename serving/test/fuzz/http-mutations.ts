import type { Chance } from './chance.js';
import { withHeader, type HttpMessage } from './http-message.js';

type Mutation = (message: HttpMessage, chance: Chance) => HttpMessage;

const METHODS = [
  'GET',
  'HEAD',
  'PUT',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'PATCH',
  'get',
  'POSTPOST',
  '',
  'M-SEARCH',
];
const VERSIONS = ['HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/1.1 ', 'HTTP/9.9', 'HTTP', '', 'http/1.1'];
const SEGMENTS = [
  '%',
  '%ff',
  '%00',
  '%2f',
  '..',
  '.',
  '',
  '\xe9',
  '__proto__',
  'constructor',
  '~',
  'a'.repeat(5_000),
  ':predict',
  '?',
  '#',
  '*',
];
const PATHS = [
  '*',
  '/',
  '//',
  '',
  'http://other/predict',
  'predict',
  '/predict/',
  '/predict?a=1',
  '/PREDICT',
  '/docs/../status',
  '/docs/%2e%2e/%2e%2e/package.json',
  '/console/..%2f..%2fpackage.json',
  '/v2/models//infer',
  '/v1/models/:predict',
  '/%',
];
const LENGTHS = [
  '0',
  '1',
  '-1',
  '+5',
  '0x10',
  '1e3',
  '99',
  '16777217',
  '9007199254740993',
  '1 2',
  '1, 1',
  '',
  'NaN',
  '18446744073709551616',
];
const TEXTS = [
  '',
  ' ',
  '0',
  '-1',
  '1',
  '0.5',
  '1e9',
  'Infinity',
  'NaN',
  '\x80\xff',
  '\t',
  '"',
  ',',
  ';',
  '__proto__',
  'a'.repeat(3_000),
  '../..',
  '${jndi:ldap://x}',
  '\x01',
];
const TYPES = [
  'application/json',
  'application/json; charset=utf-16',
  'APPLICATION/JSON',
  'application/x+json',
  'text/csv',
  'text/plain',
  'application/octet-stream',
  'multipart/form-data; boundary=x',
  ';',
  '',
  '/',
];
/** What the tier reads, and what parts below it read. */
const READ = [
  'x-model-version',
  'x-request-timeout-ms',
  'x-request-id',
  'inference-header-content-length',
  'content-encoding',
  'authorization',
  'x-api-key',
  'traceparent',
  'tracestate',
  'x-forwarded-for',
  'host',
  'connection',
  'expect',
  'te',
  'trailer',
  'accept',
  'accept-encoding',
  'range',
  'if-none-match',
  'if-modified-since',
  'origin',
  'cookie',
  'keep-alive',
  'x-mlflow-signature',
  'x-mlflow-timestamp',
  'x-mlflow-delivery-id',
];

function chunked(body: Buffer, chance: Chance): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length;) {
    const to = Math.min(body.length, at + 1 + chance.length(body.length));
    const size = (to - at).toString(16);
    const head = chance.happens(0.05)
      ? chance.pick([`${size};a=b`, `0${size}`, `-${size}`, 'g', 'ffffffffffffffff', `${size} `])
      : size;
    parts.push(Buffer.from(`${head}\r\n`), body.subarray(at, to), Buffer.from('\r\n'));
    at = to;
  }
  const end = chance.pick(['0\r\n\r\n', '0\r\n\r\n', '0\r\n\r\n', '0\r\nx-trailer: 1\r\n\r\n', '0\r\n', '']);
  return Buffer.concat([...parts, Buffer.from(end)]);
}

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  method: (message, chance) => ({ ...message, method: chance.pick(METHODS) }),
  version: (message, chance) => ({ ...message, version: chance.pick(VERSIONS) }),
  path: (message, chance) => ({ ...message, path: chance.pick(PATHS) }),
  segment: (message, chance) => {
    const segments = message.path.split('/');
    segments[1 + chance.int(Math.max(1, segments.length - 1))] = chance.pick(SEGMENTS);
    return { ...message, path: segments.join('/') };
  },
  query: (message, chance) => ({
    ...message,
    path: `${message.path}?${chance.pick(['', 'a', 'a=%', 'a[]=1&a[__proto__]=2', '='.repeat(2_000)])}`,
  }),
  length: (message, chance) => withHeader(message, 'content-length', chance.pick(LENGTHS)),
  'length off by some': (message, chance) =>
    withHeader(message, 'content-length', String(Math.max(0, message.body.length + chance.int(21) - 10))),
  'two lengths': (message, chance) => ({
    ...message,
    headers: [
      ...message.headers,
      ['content-length', String(message.body.length)],
      ['content-length', chance.pick(LENGTHS)],
    ],
  }),
  chunked: (message, chance) => ({
    ...withHeader(
      message,
      'transfer-encoding',
      chance.pick([
        'chunked',
        'chunked',
        'chunked',
        'CHUNKED',
        'gzip, chunked',
        'chunked, gzip',
        'identity',
        'x',
      ]),
    ),
    body: chunked(message.body, chance),
  }),
  'length and chunks': (message, chance) =>
    withHeader(
      { ...withHeader(message, 'transfer-encoding', 'chunked'), body: chunked(message.body, chance) },
      'content-length',
      chance.pick(LENGTHS),
    ),
  type: (message, chance) => withHeader(message, 'content-type', chance.pick([...TYPES, undefined])),
  'known header': (message, chance) => withHeader(message, chance.pick(READ), chance.pick(TEXTS)),
  'header twice': (message, chance) => {
    const name = chance.pick(READ);
    return {
      ...message,
      headers: [...message.headers, [name, chance.pick(TEXTS)], [name, chance.pick(TEXTS)]],
    };
  },
  'no host': (message) => withHeader(message, 'host', undefined),
  expectation: (message, chance) =>
    withHeader(message, 'expect', chance.pick(['100-continue', '200-ok', ''])),
  upgrade: (message, chance) => ({
    ...message,
    headers: [
      ...message.headers,
      ['connection', 'upgrade'],
      ['upgrade', chance.pick(['websocket', 'h2c', 'x', ''])],
    ],
  }),
  'many headers': (message, chance) => ({
    ...message,
    headers: [
      ...message.headers,
      ...Array.from({ length: chance.pick([90, 120, 3_000]) }, (_, i) => [`x-${i}`, '1'] as const),
    ],
  }),
  'long header': (message, chance) =>
    withHeader(message, 'x-long', 'a'.repeat(chance.pick([1_000, 17_000, 200_000]))),
  'strange header line': (message, chance) => ({
    ...message,
    headers: [
      ...message.headers,
      [chance.pick(['', ' ', 'a b', 'a\0', 'a\r\n b', '\x80', 'a:b']), chance.pick(TEXTS)],
    ],
  }),
  deadline: (message, chance) =>
    withHeader(message, 'x-request-timeout-ms', chance.pick(['1', '0.001', '50', '5000'])),
};

/** Changes one or two things about how a request is put, with its body as it is. */
export function mutateHttp(
  message: HttpMessage,
  chance: Chance,
): { readonly message: HttpMessage; readonly how: string } {
  const steps = Array.from({ length: 1 + chance.int(2) }, () => chance.pick(Object.keys(MUTATIONS)));
  return {
    message: steps.reduce((current, step) => MUTATIONS[step]!(current, chance), message),
    how: steps.join(', '),
  };
}
