import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One answer as it stood on the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A TCP connection that says exactly what it is told to, and keeps what comes back. */
export class RawConnection {
  readonly socket: Socket;
  #received = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
    });
    // A reset is one of the ways in which a connection ends.
    socket.on('error', () => undefined);
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  write(bytes: string | Buffer): void {
    if (this.socket.writable) this.socket.write(bytes);
  }

  /** Everything that came, as text. */
  get text(): string {
    return this.#received.toString('latin1');
  }

  /** Waits for the end of what the other side sends. */
  async ended(): Promise<void> {
    if (!this.socket.readableEnded && !this.socket.destroyed) {
      await new Promise<void>((resolve) => {
        this.socket.once('end', resolve);
        this.socket.once('close', () => {
          resolve();
        });
      });
    }
    this.close();
  }

  /** Every whole answer so far. Their lengths must be declared. */
  get answers(): RawAnswer[] {
    const found: RawAnswer[] = [];
    let rest = this.#received;
    for (;;) {
      const end = rest.indexOf('\r\n\r\n');
      if (end === -1) return found;
      const [statusLine = '', ...lines] = rest.subarray(0, end).toString('latin1').split('\r\n');
      const headers = Object.fromEntries(
        lines.map((line) => {
          const colon = line.indexOf(':');
          return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
        }),
      );
      const status = Number(statusLine.split(' ')[1]);
      rest = rest.subarray(end + 4);
      if (status === 100) continue;
      const length = Number(headers['content-length'] ?? 0);
      if (rest.length < length) return found;
      found.push({ status, headers, body: rest.subarray(0, length).toString('utf8') });
      rest = rest.subarray(length);
    }
  }

  close(): void {
    this.socket.destroy();
  }
}
