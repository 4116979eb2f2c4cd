import { plain } from './notification-line.js';

/** Of the text after its entities are read. */
export const TELEGRAM_MAX_LENGTH = 4_096;

const TAGS = new Set(['b', 'strong', 'i', 'em', 'u', 's', 'a', 'code', 'pre', 'blockquote']);

/** Why Telegram's Bot API would not take this text; undefined: it would. */
export function telegramRefusal(text: string, parseMode: string): string | undefined {
  const read = parseMode === 'HTML' ? plain(text) : text;
  if (read.trim() === '') return 'Bad Request: message text is empty';
  if (read.length > TELEGRAM_MAX_LENGTH) return 'Bad Request: message is too long';
  return parseMode === 'HTML' ? markupFault(text) : undefined;
}

function markupFault(html: string): string | undefined {
  const fault = (what: string): string => `Bad Request: can't parse entities: ${what}`;
  const open: string[] = [];
  for (const [tag, closing, name] of html.matchAll(/<(\/?)([a-z-]*)[^>]*>?/gi)) {
    if (!tag.endsWith('>')) return fault('a tag that does not end');
    if (!TAGS.has(name!)) return fault(`unsupported start tag "${name!}"`);
    if (closing === '') open.push(name!);
    else if (open.pop() !== name) return fault(`unexpected end tag "${name!}"`);
  }
  return open.length === 0 ? undefined : fault(`can't find end tag of "${open.at(-1)!}"`);
}
