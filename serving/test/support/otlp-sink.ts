import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import {
  Server as GrpcServer,
  ServerCredentials,
  type MethodDefinition,
  type sendUnaryData,
  type ServerUnaryCall,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

interface RawValue {
  readonly value?: 'string_value' | 'bool_value' | 'int_value' | 'double_value';
  readonly [member: string]: unknown;
}
interface RawAttribute {
  readonly key: string;
  readonly value: RawValue | null;
}
interface RawSpan {
  readonly trace_id: Buffer;
  readonly span_id: Buffer;
  readonly parent_span_id: Buffer;
  readonly trace_state: string;
  readonly name: string;
  readonly kind: number;
  readonly start_time_unix_nano: string;
  readonly end_time_unix_nano: string;
  readonly attributes: readonly RawAttribute[];
  readonly status: { readonly code: number } | null;
}
interface RawRequest {
  readonly resource_spans: readonly {
    readonly resource: { readonly attributes: readonly RawAttribute[] };
    readonly scope_spans: readonly { readonly spans: readonly RawSpan[] }[];
  }[];
}

/** A span as it arrived. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty: a root. */
  readonly parentId: string;
  readonly traceState: string;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client' | 'other';
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly isError: boolean;
  readonly resource: Readonly<Record<string, unknown>>;
}

const KINDS: Readonly<Record<number, ReceivedSpan['kind']>> = { 1: 'internal', 2: 'server', 3: 'client' };
const ERROR = 2;

const definition = loadSync(fileURLToPath(new URL('./otlp-trace.proto', import.meta.url)), {
  keepCase: true,
  longs: String,
  defaults: true,
  oneofs: true,
});
const service = definition['opentelemetry.proto.collector.trace.v1.TraceService'] as unknown as {
  readonly Export: MethodDefinition<object, object>;
};

function attributesOf(raw: readonly RawAttribute[]): Record<string, unknown> {
  return Object.fromEntries(
    raw.map(({ key, value }) => {
      const kind = value?.value;
      const held = kind === undefined ? undefined : value?.[kind];
      return [key, kind === 'int_value' ? Number(held) : held];
    }),
  );
}

/** Receives traces as a collector does, over HTTP and gRPC, and keeps them. */
export class OtlpSink {
  readonly spans: ReceivedSpan[] = [];
  /** Headers of each export over HTTP. */
  readonly exports: IncomingHttpHeaders[] = [];
  /** Answers exports with this status. */
  httpStatus = 200;
  readonly #http: HttpServer;
  readonly #grpc = new GrpcServer();
  #grpcPort = 0;

  private constructor() {
    this.#http = createServer((request, response) => {
      buffer(request).then(
        (body) => {
          this.exports.push(request.headers);
          if (this.httpStatus === 200 && request.url === '/v1/traces')
            this.#take(service.Export.requestDeserialize(body) as RawRequest);
          response.writeHead(request.url === '/v1/traces' ? this.httpStatus : 404).end();
        },
        () => {
          // An export that is cut has nobody to answer.
        },
      );
    });
    this.#grpc.addService(service, {
      Export: (call: ServerUnaryCall<RawRequest, object>, done: sendUnaryData<object>) => {
        this.#take(call.request);
        done(null, {});
      },
    });
  }

  static async start(): Promise<OtlpSink> {
    const sink = new OtlpSink();
    await once(sink.#http.listen(0, '127.0.0.1'), 'listening');
    sink.#grpcPort = await new Promise((resolve, reject) => {
      sink.#grpc.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
        if (error === null) resolve(port);
        else reject(error);
      });
    });
    return sink;
  }

  get httpEndpoint(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  get grpcEndpoint(): string {
    return `http://127.0.0.1:${this.#grpcPort}`;
  }

  /** The spans of a trace, in the order in which they began. */
  trace(traceId: string): readonly ReceivedSpan[] {
    return this.spans
      .filter((span) => span.traceId === traceId)
      .sort((one, other) => Number(one.startNs - other.startNs));
  }

  async stop(): Promise<void> {
    this.#grpc.forceShutdown();
    this.#http.closeAllConnections();
    this.#http.close();
    await once(this.#http, 'close');
  }

  #take(request: RawRequest): void {
    for (const { resource, scope_spans: scopes } of request.resource_spans) {
      const resourceAttributes = attributesOf(resource.attributes);
      for (const raw of scopes.flatMap(({ spans }) => spans)) {
        this.spans.push({
          traceId: raw.trace_id.toString('hex'),
          spanId: raw.span_id.toString('hex'),
          parentId: raw.parent_span_id.toString('hex'),
          traceState: raw.trace_state,
          name: raw.name,
          kind: KINDS[raw.kind] ?? 'other',
          startNs: BigInt(raw.start_time_unix_nano),
          endNs: BigInt(raw.end_time_unix_nano),
          attributes: attributesOf(raw.attributes),
          isError: raw.status?.code === ERROR,
          resource: resourceAttributes,
        });
      }
    }
  }
}
