import { once } from 'node:events';
import { connect, isIP } from 'node:net';
import { expect } from 'chai';
import { MANAGEMENT_ROUTES } from './management-routes.js';
import { target } from './target.js';

/** Where the management port of a tier is, unless somebody has moved it. */
const MANAGEMENT_PORT = 8082;
const CONNECT_TIMEOUT_MS = 3_000;

describe('what clients must not reach', () => {
  for (const { method, path } of MANAGEMENT_ROUTES) {
    it(`is not there: ${method} ${path}`, async () => {
      const answer = await target().client.ask(path, { method });
      // An edge may say 403 of what it does not know.
      expect(answer.status, answer.text.slice(0, 100)).to.be.oneOf([403, 404]);
      expect(answer.text).not.to.match(/serving_|# HELP/);
    });
  }

  it('is the management port', async function () {
    const { hostname } = target().settings.target;
    const host = hostname.replace(/^\[|\]$/g, '');
    // On the machine of the tier itself, it may be reached.
    if (host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))) this.skip();
    expect(await accepts(host, MANAGEMENT_PORT), `${host}:${MANAGEMENT_PORT} accepts connections`).to.equal(
      false,
    );
  });
});

async function accepts(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port, signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
