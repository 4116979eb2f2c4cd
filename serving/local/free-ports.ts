import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** Below those that a system gives to whoever asks for any: nobody else gets one by chance before it is used. */
const [LOWEST, BEYOND] = [20_000, 30_000];

/** Ports of 127.0.0.1 that were free a moment ago; all are held until the last is known, so that they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const held = new Map<number, Server>();
  while (held.size < count) {
    const port = randomInt(LOWEST, BEYOND);
    const server = createServer();
    try {
      await once(server.listen(port, '127.0.0.1'), 'listening');
      held.set(port, server);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
  for (const server of held.values()) {
    server.close();
    await once(server, 'close');
  }
  return [...held.keys()];
}
