import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { notification, type Message, type Notification } from './notification.js';

const FILE_NAME = /^(\d{6,})-[a-z]+\.json$/;
/** The watchdog comes every minute: were each kept, it would push out what an administrator has to see. */
const WATCHDOG_FILE = 'watchdog.json';

/** Files of one notification each, named in the order of arrival; beyond `keep` the oldest are deleted. */
export class NotificationFolder {
  readonly #folder: string;
  readonly #keep: number;
  #sequence: number;

  constructor(folder: string, keep = 1_000) {
    mkdirSync(folder, { recursive: true });
    this.#folder = folder;
    this.#keep = keep;
    this.#sequence = Math.max(0, ...filesOf(folder).map((name) => Number.parseInt(name, 10)));
  }

  /** @param at when it arrived */
  add(message: Message, at: Date): Notification {
    const isWatchdog = message.channel === 'watchdog';
    if (!isWatchdog) this.#sequence += 1;
    const added = { sequence: Math.max(1, this.#sequence), received_at: at.toISOString(), ...message };
    const name = isWatchdog
      ? WATCHDOG_FILE
      : `${String(added.sequence).padStart(6, '0')}-${message.channel}.json`;
    // Whoever reads the folder meanwhile sees a whole file or none.
    writeFileSync(join(this.#folder, `.${name}`), `${JSON.stringify(added, undefined, 2)}\n`, {
      mode: 0o600,
    });
    renameSync(join(this.#folder, `.${name}`), join(this.#folder, name));
    for (const old of filesOf(this.#folder).slice(0, -this.#keep)) rmSync(join(this.#folder, old));
    return added;
  }
}

function filesOf(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => FILE_NAME.test(name))
    .sort((one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10));
}

/**
 * Everything that is in a sink's folder, in the order of arrival, with the last sign of life of the watchdog at the
 * end. An empty list where there is no such folder yet.
 *
 * @throws {z.ZodError} where a file of these names is none of the sink's
 */
export function readNotifications(folder: string): Notification[] {
  let names: string[];
  try {
    names = filesOf(folder);
    if (readdirSync(folder).includes(WATCHDOG_FILE)) names.push(WATCHDOG_FILE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return names.map((name) => notification.parse(JSON.parse(readFileSync(join(folder, name), 'utf8'))));
}
