import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { KeySetReader } from '../../../../src/api/access/key-set-reader.js';
import { rejection } from '../../../support/rejection.js';

describe("the reader of an issuer's keys", () => {
  let server: Server;
  let answer: { status: number; body: string };
  let reads: number;
  let now: number;
  let told: string[];
  let reader: KeySetReader;

  beforeEach(async () => {
    answer = { status: 200, body: '{"keys":[]}' };
    reads = 0;
    now = 0;
    told = [];
    server = createServer((_request, response) => {
      reads += 1;
      response.writeHead(answer.status).end(answer.body);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const listener = {
      failing: (error: unknown) => told.push(`failing: ${(error as Error).message}`),
      recovered: () => told.push('recovered'),
    };
    reader = new KeySetReader(1_000, listener, () => now);
  });

  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  function read(): Promise<Response> {
    return reader.read(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, {});
  }

  it('hands on what it reads, and says nothing', async () => {
    expect(await (await read()).json()).to.deep.equal({ keys: [] });
    expect(told).to.deep.equal([]);
  });

  it('pauses after a failure, tells of the first one, and when it is over', async () => {
    answer.status = 503;
    await rejection(read(), Error);
    now = 999;
    expect((await rejection(read(), Error)).message).to.equal('could not be read a moment ago');
    expect(reads).to.equal(1);
    now = 1_000;
    await rejection(read(), Error);
    expect(reads).to.equal(2);
    answer.status = 200;
    now = 2_000;
    await read();
    expect(told).to.deep.equal(['failing: the answer is 503', 'recovered']);
  });

  const unusable: Record<string, string> = {
    'that is no JSON': '<html>',
    'without an end': `{"keys":[],"padding":"${'x'.repeat(1024 ** 2)}"}`,
  };
  for (const [what, body] of Object.entries(unusable)) {
    it(`takes an answer ${what} for none`, async () => {
      answer.body = body;
      await rejection(read(), Error);
      expect(told).to.have.length(1);
    });
  }
});
