import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { closedLoop } from '../../../../bench/peers/closed-loop.js';
import { rejection } from '../../../support/rejection.js';

describe('clients that wait for an answer before they ask again', () => {
  let server: Server;
  let asked: string[];
  /** Requests that came before the answer to the one before was complete. */
  let early: number;

  /** Answers every request with these pieces, each in a packet of its own. */
  async function listen(pieces: readonly string[]): Promise<number> {
    asked = [];
    early = 0;
    let isAnswering = false;
    const answer = async (socket: Socket): Promise<void> => {
      isAnswering = true;
      for (const [i, piece] of pieces.entries()) {
        // Else the pieces would travel together.
        if (i > 0) await new Promise((resolve) => setTimeout(resolve, 1));
        if (i === pieces.length - 1) isAnswering = false;
        socket.write(piece);
      }
    };
    server = createServer({ noDelay: true }, (socket) => {
      socket.on('data', (data) => {
        asked.push(data.toString());
        if (isAnswering) early += 1;
        void answer(socket);
      });
      // The client hangs up when it is done.
      socket.on('error', () => undefined);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  }

  async function ask(pieces: readonly string[]) {
    const port = await listen(pieces);
    const requests = ['one', 'two', 'three'].map((text) => Buffer.from(text));
    return closedLoop({ port, connections: 1, durationMs: 1_000, requests });
  }

  afterEach(() => {
    server.close();
  });

  it('read an answer to its end, however it is cut', async () => {
    const result = await ask(['HTTP/1.1 200 OK\r\nContent-Le', 'ngth: 5\r\n\r', '\n1', '23', '45']);
    expect(result.requests).to.be.greaterThan(0).and.equal(asked.length);
    expect(early).to.equal(0);
  });

  it('read an answer in chunks', async () => {
    const result = await ask([
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
      '2\r\nab\r\n',
      '0\r',
      '\n\r\n',
    ]);
    expect(result.requests).to.be.greaterThan(0).and.equal(asked.length);
    expect(early).to.equal(0);
  });

  it('ask with one request after the other', async () => {
    await ask(['HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n']);
    expect(asked).to.include('three');
    expect(asked).to.deep.equal(asked.map((_, i) => ['one', 'two', 'three'][i % 3]));
  });

  it('stop at an answer that refuses', async () => {
    const error = await rejection(ask(['HTTP/1.1 503 Busy\r\ncontent-length: 4\r\n\r\nbusy']), Error);
    expect(error.message).to.equal('An answer was 503: busy');
  });
});
