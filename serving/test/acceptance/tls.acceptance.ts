import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { target } from './target.js';

const TIMEOUT_MS = 10_000;
/** Who renews certificates does it weeks before. */
const MIN_DAYS_LEFT = 7;
const DAY_MS = 24 * 3_600_000;

describe('TLS', () => {
  before(function () {
    if (target().settings.target.protocol !== 'https:') this.skip();
  });

  it('is of version 1.2 or later, with a certificate that is trusted and does not end soon', async () => {
    const { settings } = target();
    const name = (settings.host ?? settings.target.hostname).replace(/:\d+$/, '');
    const socket: TLSSocket = connect({
      host: settings.target.hostname,
      port: Number(settings.target.port || 443),
      servername: name,
    });
    try {
      await once(socket, 'secureConnect', { signal: AbortSignal.timeout(TIMEOUT_MS) });
      expect(socket.authorized).to.equal(true);
      expect(socket.getProtocol()).to.be.oneOf(['TLSv1.2', 'TLSv1.3']);
      const { valid_to: end } = socket.getPeerCertificate();
      expect((Date.parse(end) - Date.now()) / DAY_MS, `days until ${end}`).to.be.above(MIN_DAYS_LEFT);
    } finally {
      socket.destroy();
    }
  });

  it('is where whoever asks without it is sent', async function () {
    const { settings, model } = target();
    // Where TLS has a port of its own choice, nothing says where its absence has one.
    if (settings.target.port !== '' && settings.plainPort === undefined) this.skip();
    const name = settings.host ?? settings.target.hostname;
    const outgoing = request({
      host: settings.target.hostname,
      port: settings.plainPort ?? 80,
      method: 'POST',
      path: '/predict',
      headers: { host: name, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    outgoing.end(JSON.stringify({ instances: [model.rows[0]] }));
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    answer.resume();
    expect(answer.statusCode).to.be.oneOf([301, 302, 307, 308]);
    expect(answer.headers.location).to.match(/^https:\/\//);
  });
});
