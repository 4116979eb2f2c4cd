import { once } from 'node:events';
import { connect, type ClientHttp2Session } from 'node:http2';
import { Latencies, type LoopResult } from './closed-loop.js';

/** The calls of one process are spread over a few connections, as clients with channel pools do. */
const SESSIONS = 4;
const METHOD = '/inference.GRPCInferenceService/ModelInfer';

export interface GrpcLoop {
  readonly port: number;
  /** Calls in flight. */
  readonly calls: number;
  readonly durationMs: number;
  /** Encoded messages. */
  readonly messages: readonly Buffer[];
}

/** A message behind the five bytes that say that it is not compressed and how long it is. */
function framed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** One unary call on HTTP/2. @returns the encoded answer; @throws when the call does not end with status 0 */
export function callOnce(session: ClientHttp2Session, frame: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': METHOD,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const chunks: Buffer[] = [];
    let status: unknown;
    let message: unknown;
    const read = (headers: Record<string, unknown>): void => {
      status ??= headers['grpc-status'];
      message ??= headers['grpc-message'];
    };
    stream.on('response', read);
    stream.on('trailers', read);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('close', () => {
      if (status === '0') resolve(Buffer.concat(chunks).subarray(5));
      else reject(new Error(`A call ended with status ${String(status)}: ${String(message)}`));
    });
    stream.end(frame);
  });
}

async function open(port: number): Promise<ClientHttp2Session> {
  const session = connect(`http://127.0.0.1:${port}`);
  await once(session, 'connect');
  return session;
}

/** Asks for as long as told, with some calls in flight. The counterpart of `closedLoop` for gRPC. */
export async function grpcLoop({ port, calls, durationMs, messages }: GrpcLoop): Promise<LoopResult> {
  const frames = messages.map(framed);
  const sessions = await Promise.all(Array.from({ length: Math.min(SESSIONS, calls) }, () => open(port)));
  const latencies = new Latencies();
  let next = 0;
  const started = performance.now();
  const client = async (session: ClientHttp2Session): Promise<void> => {
    while (performance.now() < started + durationMs) {
      const frame = frames[next % frames.length]!;
      next += 1;
      const sent = performance.now();
      await callOnce(session, frame);
      latencies.add(performance.now() - sent);
    }
  };
  try {
    await Promise.all(Array.from({ length: calls }, (_, i) => client(sessions[i % sessions.length]!)));
  } finally {
    for (const session of sessions) session.destroy();
  }
  const seconds = (performance.now() - started) / 1_000;
  return { requests: latencies.count, seconds, latenciesMs: latencies.values() };
}

/** One call on a connection of its own. */
export async function grpcCall(port: number, message: Buffer): Promise<Buffer> {
  const session = await open(port);
  try {
    return await callOnce(session, framed(message));
  } finally {
    session.destroy();
  }
}
