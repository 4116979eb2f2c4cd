import { once } from 'node:events';
import { Agent, request, type IncomingMessage, type RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { connectionSettings, connectionVariables } from '../../../src/api/connection-settings.js';
import { listen, type RunningServer } from '../../../src/api/http-server.js';
import { eventually } from '../../support/eventually.js';
import { rejection } from '../../support/rejection.js';

/** Longer than a test may take. */
const FOR_EVER_MS = 600_000;

describe('listen', () => {
  const agent = new Agent({ keepAlive: true });
  let server: RunningServer | undefined;

  afterEach(async () => {
    await server?.close(0);
    server = undefined;
  });

  after(() => {
    agent.destroy();
  });

  async function start(handler: RequestListener): Promise<RunningServer> {
    server = await listen(handler, '127.0.0.1', 0);
    return server;
  }

  async function get(port: number): Promise<IncomingMessage & { body: string }> {
    const outgoing = request({ port, host: '127.0.0.1', agent }).end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    return Object.assign(response, { body: await text(response) });
  }

  it('says which port it got', async () => {
    const { port } = await start((_request, response) => response.end('hello'));
    expect(port).to.be.above(0);
    expect((await get(port)).body).to.equal('hello');
  });

  it('says in one line which port is taken', async () => {
    const { port } = await start(() => undefined);
    const error = await rejection(
      listen(() => undefined, '127.0.0.1', port),
      Error,
    );
    expect(error.message).to.equal(`Port ${port} on 127.0.0.1 is taken by another process`);
    expect(error.cause).to.have.property('code', 'EADDRINUSE');
  });

  it('passes on why else it can not listen', async () => {
    const error = await rejection(
      listen(() => undefined, '192.0.2.1', 0),
      Error,
    );
    expect(error.message).to.include('EADDRNOTAVAIL');
  });

  it('asks a client to connect anew when its connection is old, with an answer', async () => {
    const { http } = connectionSettings(connectionVariables.parse({ MAX_CONNECTION_AGE_SECONDS: 0.2 }));
    server = await listen((_request, response) => response.end('hello'), '127.0.0.1', 0, { limits: http });
    const { port } = server;
    expect((await get(port)).headers.connection).to.equal('keep-alive');
    await eventually(async () => {
      const { headers, body } = await get(port);
      expect(body).to.equal('hello');
      expect(headers.connection).to.equal('close');
    });
    expect((await get(port)).headers.connection, 'on the next one').to.equal('keep-alive');
  });

  it('ends connections with each answer once it is draining', async () => {
    const { port } = await start((_request, response) => response.end('hello'));
    expect((await get(port)).headers.connection).to.equal('keep-alive');
    server!.startDraining();
    const last = await get(port);
    expect([last.body, last.headers.connection]).to.deep.equal(['hello', 'close']);
  });

  it('finishes a request in flight before it is closed, on a connection that would have stayed open', async () => {
    let finish: (() => void) | undefined;
    const { port } = await start((_request, response) => {
      finish = () => response.end('at last');
    });
    const answer = get(port);
    await eventually(() => {
      expect(finish).to.be.a('function');
    });
    // If it waited for the connection to be idle, it would wait for longer than a test may.
    const closed = server!.close(FOR_EVER_MS);
    await rejection(get(port), Error);
    finish!();
    expect((await answer).body).to.equal('at last');
    await closed;
  });

  it('does not wait for connections on which nothing happens', async () => {
    const { port } = await start((_request, response) => response.end('hello'));
    await get(port);
    await server!.close(FOR_EVER_MS);
  });

  it('cuts what is still in flight when the time is over', async () => {
    let arrived = false;
    const { port } = await start(() => {
      arrived = true;
    });
    const answer = rejection(get(port), Error);
    await eventually(() => {
      expect(arrived).to.equal(true);
    });
    await server!.close(50);
    expect((await answer).message).to.include('socket hang up');
  });
});
