import express, { type ErrorRequestHandler, type Express } from 'express';
import { z } from 'zod';
import { webhookPayload, type Message } from './notification.js';
import { telegramRefusal } from './telegram-message.js';

const MAX_BODY = '1mb';

/** Numbers come as strings from some clients. */
const sendMessage = z.object({
  chat_id: z.coerce.string(),
  text: z.string(),
  parse_mode: z.string().default(''),
});

/**
 * What Alertmanager reaches over HTTP: `POST /webhook` (a bearer token), `POST /watchdog/<token>` (services that wait
 * for a sign of life know who calls by a secret in the path) and `POST /bot<token>/sendMessage` as of Telegram's Bot
 * API, which refuses what Telegram would.
 *
 * @param isToken whether a token is the right one
 */
export function httpReceiver(isToken: (given: string) => boolean, take: (message: Message) => void): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(express.json({ limit: MAX_BODY }));

  app.post('/webhook', (request, response) => {
    if (!isToken(/^Bearer (.+)$/.exec(request.get('authorization') ?? '')?.[1] ?? '')) {
      response.status(401).json({ error: 'expected the header authorization: Bearer <token>' });
      return;
    }
    take({ channel: 'webhook', payload: webhookPayload.parse(request.body) });
    response.status(200).json({});
  });

  app.post('/watchdog/:token', (request, response) => {
    if (!isToken(request.params.token)) {
      response.status(404).json({ error: 'nobody waits for this' });
      return;
    }
    take({ channel: 'watchdog', payload: webhookPayload.parse(request.body) });
    response.status(200).json({});
  });

  app.post(/^\/bot([^/]+)\/sendMessage$/, (request, response) => {
    const refuse = (status: number, description: string): void => {
      response.status(status).json({ ok: false, error_code: status, description });
    };
    if (!isToken((request.params as unknown as Record<string, string>)['0'] ?? '')) {
      refuse(401, 'Unauthorized');
      return;
    }
    const message = sendMessage.safeParse(request.body);
    if (!message.success) {
      refuse(400, 'Bad Request: chat_id or text is missing');
      return;
    }
    const { chat_id, text, parse_mode } = message.data;
    const refusal = telegramRefusal(text, parse_mode);
    if (refusal !== undefined) {
      refuse(400, refusal);
      return;
    }
    take({ channel: 'telegram', chat_id, text, parse_mode });
    response.json({
      ok: true,
      result: {
        message_id: 1,
        date: Math.floor(Date.now() / 1000),
        chat: { id: Number(chat_id), type: 'group' },
        text,
      },
    });
  });

  app.get('/health', (_request, response) => {
    response.json({ status: 'ok' });
  });

  const onError: ErrorRequestHandler = (error: unknown, _request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const status = z.object({ status: z.number().int().min(400).max(499) }).safeParse(error).data?.status;
    if (error instanceof z.ZodError) response.status(400).json({ error: z.prettifyError(error) });
    else
      response.status(status ?? 500).json({ error: error instanceof Error ? error.message : String(error) });
  };
  app.use(onError);
  return app;
}
