import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { guardConnections, guardRequests } from './connection-guard.js';
import { connectionSettings, connectionVariables, type ConnectionLimits } from './connection-settings.js';
import { earlyRefusals, type RefuseEarly } from './early-refusal.js';

const KEEP_ALIVE_MS = 75_000;
/** Of TCP: finds out about clients that are gone without a word. */
const TCP_KEEP_ALIVE_MS = 60_000;
const CLOSING_KEEP_ALIVE_MS = 100;

const OLD_AT = Symbol('old at');

/** A property, since it is read on every request. */
interface AgingSocket extends Socket {
  /** On the clock of `performance`; set from the beginning. */
  [OLD_AT]?: number;
}

/** A listening server that can be closed without cutting requests short. */
export interface RunningServer {
  /** The port that was bound; of use when 0 was asked for. */
  readonly port: number;
  /** From now on every answer ends its connection, so that clients go elsewhere by themselves. */
  startDraining(): void;
  /** Stops accepting and waits for requests in flight; after the time-out their connections are cut. */
  close(timeoutMs: number): Promise<void>;
}

export interface ListenOptions {
  readonly limits?: ConnectionLimits;
  /** How to answer where no route can. */
  readonly refuse?: RefuseEarly;
  /** Called for each connection beyond the limit. It is closed unanswered. */
  readonly onDrop?: () => void;
}

/** How often connections are held against the time that they may take. */
function checkingIntervalMs({ headersTimeoutMs }: ConnectionLimits): number {
  return Math.min(1_000, Math.max(10, Math.round(headersTimeoutMs / 4)));
}

export async function listen(
  handler: RequestListener,
  host: string,
  port: number,
  {
    limits = connectionSettings(connectionVariables.parse({})).http,
    refuse = earlyRefusals(),
    onDrop = () => undefined,
  }: ListenOptions = {},
): Promise<RunningServer> {
  let draining = false;
  const guarded = guardRequests(handler, limits.maxHeaders, refuse);
  const listener: RequestListener = (request, response) => {
    if (draining || performance.now() > (request.socket as AgingSocket)[OLD_AT]!)
      response.setHeader('connection', 'close');
    guarded(request, response);
  };
  const server = createServer(
    {
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: checkingIntervalMs(limits),
      maxHeaderSize: limits.maxHeaderBytes,
      // Refused by the guard, since Node would answer without the headers that every answer has.
      requireHostHeader: false,
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
    },
    listener,
  );
  // Node would drop what is beyond in silence: one more than allowed makes it known.
  server.maxHeadersCount = limits.maxHeaders + 1;
  server.timeout = limits.stalledMs;
  server.maxConnections = limits.maxConnections;
  server.on('drop', onDrop);
  // An expectation that is not understood may be ignored; Node would refuse it in words of its own.
  server.on('checkExpectation', listener);
  guardConnections(server, refuse);
  server.on('connection', (socket: AgingSocket) => {
    // Not all at once: those that were opened together would come again together.
    socket[OLD_AT] = performance.now() + limits.maxAgeMs * (0.9 + 0.2 * Math.random());
  });
  // Longer than the idle time of common clients and load balancers, so that it is they who close: a server that
  // closes an idle connection just as a request arrives on it loses that request.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await bind(server, host, port);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    startDraining() {
      draining = true;
    },
    async close(timeoutMs) {
      draining = true;
      // A request in flight was told that its connection stays open; waiting for it to be idle for the usual time
      // would use up the whole time-out.
      server.keepAliveTimeout = CLOSING_KEEP_ALIVE_MS;
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      const timer = setTimeout(() => {
        server.closeAllConnections();
      }, timeoutMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      reject(
        taken ? new Error(`Port ${port} on ${host} is taken by another process`, { cause: error }) : error,
      );
    });
    server.listen(port, host, () => {
      resolve();
    });
  });
}
