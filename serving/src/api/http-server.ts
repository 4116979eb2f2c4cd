import { createServer, type RequestListener, type Server } from 'node:http';

const KEEP_ALIVE_MS = 75_000;
const CLOSING_KEEP_ALIVE_MS = 100;

/** A listening server that can be closed without cutting requests short. */
export interface RunningServer {
  /** The port that was bound; of use when 0 was asked for. */
  readonly port: number;
  /** From now on every answer ends its connection, so that clients go elsewhere by themselves. */
  startDraining(): void;
  /** Stops accepting and waits for requests in flight; after the time-out their connections are cut. */
  close(timeoutMs: number): Promise<void>;
}

export async function listen(handler: RequestListener, host: string, port: number): Promise<RunningServer> {
  let draining = false;
  const server = createServer((request, response) => {
    if (draining) response.setHeader('connection', 'close');
    handler(request, response);
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
