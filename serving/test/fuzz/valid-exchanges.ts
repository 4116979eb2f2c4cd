import { encodeElements } from '../../src/api/protocols/open-inference-binary.js';
import { GoldenRowExamples } from '../../src/api/openapi/golden-examples.js';
import { DATATYPES } from '../../src/api/protocols/open-inference.js';
import { loadInferenceService } from '../../src/api/grpc/definition.js';
import type { Manifest } from '../../src/model-package/manifest.js';
import { RowEncoder } from '../../src/servables/row-encoder.js';
import { describedAs } from '../support/described-models.js';
import type { HttpMessage } from './http-message.js';

/** Where a tier under fuzz is told to expect them. */
export const WEBHOOK_SECRET = 'secret-of-fuzzed-webhooks';
export const ADMIN_TOKEN = 'token-of-fuzzed-admin-routes';

/** Replaced by a signature of the moment when a case is sent. */
export const SIGNED_HEADERS = [
  ['x-mlflow-signature', '@signature@'],
  ['x-mlflow-delivery-id', '@delivery@'],
  ['x-mlflow-timestamp', '@timestamp@'],
] as const;

/** A request that the tier answers as asked, with what mutations need to know of it. */
export interface ValidHttp {
  readonly name: string;
  readonly port: 'public' | 'management';
  readonly message: HttpMessage;
  /** The body as a value, where it is JSON. */
  readonly json?: unknown;
  /** Bytes behind the JSON: tensors of the binary extension. */
  readonly binary?: Buffer;
  /** The body is signed as MLflow signs deliveries. */
  readonly signed?: true;
}

export interface ValidCall {
  readonly name: string;
  readonly method: string;
  /** The message as a value, and as bytes. */
  readonly message: Record<string, unknown>;
}

const HOST = ['host', 'localhost'] as const;
const METHODS = loadInferenceService().service;

/** The bytes of a message of the inference service. */
export function serialized(method: string, message: object): Buffer {
  return METHODS[method]!.requestSerialize(message);
}

function http(
  name: string,
  method: string,
  path: string,
  more: { port?: ValidHttp['port']; type?: string; body?: Buffer; headers?: HttpMessage['headers'] } = {},
): ValidHttp {
  const { port = 'public', type, body = Buffer.alloc(0), headers = [] } = more;
  const own = type === undefined ? [] : [['content-type', type] as const];
  return {
    name,
    port,
    message: { method, path, version: 'HTTP/1.1', headers: [HOST, ...own, ...headers], body },
  };
}

function json(name: string, path: string, value: unknown): ValidHttp {
  const body = Buffer.from(JSON.stringify(value));
  return { ...http(name, 'POST', path, { type: 'application/json', body }), json: value };
}

interface JsonTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: readonly unknown[];
}

function binaryRequest(manifest: Manifest): { readonly header: object; readonly tensors: readonly Buffer[] } {
  const encoder = new RowEncoder(manifest);
  const { rows, inputs } = encoder.encode(manifest.golden.rows);
  const tensors = inputs.map(encodeElements);
  const header = {
    parameters: { binary_data_output: true },
    inputs: encoder.inputs.map(({ name, type, width }, i) => ({
      name,
      datatype: DATATYPES[type],
      shape: [rows, width],
      parameters: { binary_data_size: tensors[i]!.length },
    })),
  };
  return { header, tensors };
}

function binary(manifest: Manifest): ValidHttp {
  const { header, tensors } = binaryRequest(manifest);
  const head = Buffer.from(JSON.stringify(header));
  const rest = Buffer.concat(tensors);
  const exchange = http('v2 binary', 'POST', `/v2/models/${manifest.model_name}/infer`, {
    type: 'application/octet-stream',
    headers: [['inference-header-content-length', String(head.length)]],
    body: Buffer.concat([head, rest]),
  });
  return { ...exchange, json: header, binary: rest };
}

/** Requests for one model, in every protocol over HTTP. */
function predictions(manifest: Manifest, isDefault: boolean): ValidHttp[] {
  const { model_name: model } = manifest;
  const examples = new GoldenRowExamples(describedAs(manifest).loaded!);
  const own = [
    ...Object.values(examples.v1()).map((example) =>
      json('V1', `/v1/models/${model}:predict`, example.request),
    ),
    ...Object.values(examples.openInference()).flatMap((example) => [
      json('v2 JSON', `/v2/models/${model}/infer`, example.request),
      json('v2 JSON of a version', `/v2/models/${model}/versions/1/infer`, example.request),
    ]),
    binary(manifest),
  ];
  if (!isDefault) return own;
  const invocations = Object.entries(examples.invocations()).map(([form, { mediaType, request }]) =>
    mediaType === 'text/csv'
      ? http('CSV', 'POST', '/invocations', { type: mediaType, body: Buffer.from(String(request)) })
      : json(`invocations, ${form}`, '/invocations', request),
  );
  // Beyond what is read on the event loop.
  const many = { instances: Array.from({ length: 6_000 }, (_, i) => manifest.golden.rows[i % 2]) };
  return [
    ...Object.values(examples.predict()).map((example) => json('predict', '/predict', example.request)),
    ...invocations,
    { ...json('predict, many rows', '/predict', many), json: undefined },
    ...own,
  ];
}

function outcomes(): ValidHttp[] {
  const outcome = { request_id: 'fuzzed-1', row: 0, label: 1, observed_at: '2026-01-31T00:00:00Z' };
  const lines = Buffer.from(`${JSON.stringify(outcome)}\n${JSON.stringify({ ...outcome, row: 1 })}\n`);
  return [
    json('outcome', '/outcomes', outcome),
    json('outcomes', '/outcomes', { outcomes: [outcome, { ...outcome, row: 1, label: false }] }),
    http('outcomes, one a line', 'POST', '/outcomes', { type: 'application/x-ndjson', body: lines }),
  ];
}

function webhook(): ValidHttp {
  const value = {
    entity: 'model_version_alias',
    action: 'created',
    timestamp: '2026-01-01T00:00:00Z',
    data: { name: 'small-tensor', alias: 'champion', version: '1' },
  };
  const body = Buffer.from(JSON.stringify(value));
  const headers = SIGNED_HEADERS;
  const exchange = http('webhook', 'POST', '/webhooks/mlflow', {
    port: 'management',
    type: 'application/json',
    headers,
    body,
  });
  return { ...exchange, json: value, signed: true };
}

const READ_PUBLIC = [
  '/health/live',
  '/health/ready',
  '/v2',
  '/v2/health/live',
  '/v2/health/ready',
  '/ping',
  '/version',
  '/openapi.json',
  '/docs',
  '/docs/docs.js',
];
const READ_MANAGEMENT = [
  '/',
  '/status',
  '/metrics',
  '/drift',
  '/console/traffic',
  '/console/console.js',
  '/health/live',
  '/health/ready',
];

/** Everything that the tier answers over HTTP/1.1. */
export function validHttp(manifests: readonly Manifest[]): readonly ValidHttp[] {
  const models = manifests.flatMap(({ model_name: name }) => [
    `/v2/models/${name}`,
    `/v2/models/${name}/ready`,
    `/v2/models/${name}/versions/1`,
    `/v2/models/${name}/versions/1/ready`,
    `/v1/models/${name}`,
  ]);
  return [
    ...manifests.flatMap((manifest, i) => predictions(manifest, i === 0)),
    ...outcomes(),
    webhook(),
    http('reload', 'POST', '/admin/reload', {
      port: 'management',
      headers: [['authorization', `Bearer ${ADMIN_TOKEN}`]],
    }),
    ...[...READ_PUBLIC, ...models].map((path) => http(path, 'GET', path)),
    ...READ_MANAGEMENT.map((path) => http(`management ${path}`, 'GET', path, { port: 'management' })),
  ];
}

const CONTENTS: Readonly<Record<string, string>> = {
  BOOL: 'bool_contents',
  INT32: 'int_contents',
  INT64: 'int64_contents',
  FP32: 'fp32_contents',
  FP64: 'fp64_contents',
  BYTES: 'bytes_contents',
};

function typedInput({ data, datatype, ...rest }: JsonTensor): object {
  const values = data.map((value) => {
    if (datatype === 'BYTES') return Buffer.from(String(value));
    return value ?? Number.NaN;
  });
  return { ...rest, datatype, contents: { [CONTENTS[datatype]!]: values } };
}

/** Every call that the tier answers over gRPC. */
export function validCalls(manifests: readonly Manifest[]): readonly ValidCall[] {
  const call = (method: string, message: Record<string, unknown>, name = method): ValidCall => ({
    name: `gRPC ${name}`,
    method,
    message,
  });
  return [
    call('ServerLive', {}),
    call('ServerReady', {}),
    call('ServerMetadata', {}),
    ...manifests.flatMap((manifest) => {
      const name = manifest.model_name;
      const { header, tensors } = binaryRequest(manifest);
      const inputs = (header as { inputs: readonly object[] }).inputs.map((input) => ({
        ...input,
        parameters: {},
      }));
      const example = new GoldenRowExamples(describedAs(manifest).loaded!).openInference()['tensors']!;
      const typed = (example.request as { inputs: readonly JsonTensor[] }).inputs.map(typedInput);
      return [
        call('ModelReady', { name, version: '1' }),
        call('ModelMetadata', { name, version: '' }),
        call('ModelInfer', { model_name: name, inputs, raw_input_contents: tensors }, 'ModelInfer, bytes'),
        call('ModelInfer', { model_name: name, id: 'a', inputs: typed }, 'ModelInfer, contents'),
      ];
    }),
  ];
}
