import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Listens on the port of the second argument, or else on a free one, and reports it to a parent that forked it. */
export function serve(listener: RequestListener): void {
  const server = createServer(listener);
  server.listen(Number(process.argv[3] ?? 0), '127.0.0.1', () => {
    process.send?.({ port: (server.address() as AddressInfo).port });
  });
}
