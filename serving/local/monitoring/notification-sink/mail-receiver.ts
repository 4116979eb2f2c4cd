import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { buffer } from 'node:stream/consumers';
import type { Message } from './notification.js';

const MAX_MAIL_BYTES = 1024 * 1024;
const CODE_TOO_LARGE = 552;

/**
 * An SMTP server without TLS, for this machine and test clusters on it, which keeps what it gets and forwards nothing.
 *
 * @param isPassword whether a password is the right one; undefined: none is asked for
 * @param take throws where the message can't be kept; the sender then tries again
 */
export function mailReceiver(
  isPassword: ((given: string) => boolean) | undefined,
  take: (message: Message) => void,
): SMTPServer {
  return new SMTPServer({
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    // Clients take the first that they know. Those written in Go, Alertmanager among them, do PLAIN without TLS on the
    // loopback address alone.
    authMethods: ['LOGIN', 'PLAIN'],
    allowInsecureAuth: true,
    authOptional: isPassword === undefined,
    size: MAX_MAIL_BYTES,
    maxClients: 32,
    socketTimeout: 30_000,
    closeTimeout: 1_000,
    onAuth({ username, password }, _session, done) {
      if (isPassword === undefined || isPassword(password ?? '')) done(null, { user: username ?? '' });
      else done(new Error('Wrong user or password'));
    },
    onData(stream, session, done) {
      void buffer(stream)
        .then(async (bytes) => {
          if (stream.sizeExceeded) {
            done(Object.assign(new Error('The message is too large'), { responseCode: CODE_TOO_LARGE }));
            return;
          }
          const mail = await PostalMime.parse(bytes);
          const { mailFrom, rcptTo } = session.envelope;
          take({
            channel: 'email',
            from: mailFrom === false ? '' : mailFrom.address,
            to: rcptTo.map(({ address }) => address),
            subject: mail.subject ?? '',
            text: mail.text ?? '',
            html: mail.html ?? '',
          });
          done(null);
        })
        .catch((error: unknown) => {
          done(error instanceof Error ? error : new Error(String(error)));
        });
    },
  });
}
