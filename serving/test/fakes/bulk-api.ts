import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { freePorts } from '../support/free-ports.js';

/** A log line as Elasticsearch would hold it. */
export interface LogDocument {
  readonly index: string;
  /** `@timestamp` in milliseconds since 1970. */
  readonly timestampMs: number;
  readonly severity: string | undefined;
  readonly body: string;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
}

interface RawDocument {
  readonly '@timestamp': string;
  readonly severity_text?: string;
  readonly body?: { readonly text?: string };
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly resource: { readonly attributes: Readonly<Record<string, unknown>> };
}

interface BulkAction {
  readonly create: { readonly _index: string; readonly _id: string };
}

function documentOf(index: string, raw: RawDocument): LogDocument {
  return {
    index,
    timestampMs: Math.floor(Number.parseFloat(raw['@timestamp'])),
    severity: raw.severity_text,
    body: raw.body?.text ?? '',
    traceId: raw.trace_id,
    spanId: raw.span_id,
    attributes: raw.attributes ?? {},
    resource: raw.resource.attributes,
  };
}

/** What the collector needs of Elasticsearch: the bulk API of data streams, where an id exists once. */
export class BulkApi {
  readonly #documents = new Map<string, LogDocument>();
  #server: Server | undefined;
  #port = 0;
  /** How often a document came again that was there already. */
  conflicts = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get documents(): LogDocument[] {
    return [...this.#documents.values()];
  }

  /** Listens, on the port of before when it did already. */
  async start(): Promise<void> {
    this.#server = createServer((request, response) => {
      buffer(request).then(
        (bytes) => {
          response.setHeader('x-elastic-product', 'Elasticsearch');
          response.setHeader('content-type', 'application/json');
          const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
          response.end(JSON.stringify({ took: 1, errors: false, items: this.#take(body.toString()) }));
        },
        () => {
          // A request that is cut has nobody to answer.
        },
      );
    });
    // Nobody else gets it by chance while this one is away.
    this.#port ||= (await freePorts(1))[0]!;
    await once(this.#server.listen(this.#port, '127.0.0.1'), 'listening');
  }

  /** Refuses connections from now on. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  #take(body: string): unknown[] {
    const lines = body.trimEnd().split('\n');
    return lines.flatMap((line, at) => {
      if (at % 2 === 1) return [];
      const { _index: index, _id: id } = (JSON.parse(line) as BulkAction).create;
      if (this.#documents.has(id)) {
        this.conflicts += 1;
        const error = { type: 'version_conflict_engine_exception', reason: 'the document exists' };
        return [{ create: { _index: index, _id: id, status: 409, error } }];
      }
      this.#documents.set(id, documentOf(index, JSON.parse(lines[at + 1]!) as RawDocument));
      return [{ create: { _index: index, _id: id, status: 201 } }];
    });
  }
}
