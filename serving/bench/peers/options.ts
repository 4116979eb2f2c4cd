import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CONTENDERS, type ContenderName } from './contenders.js';

const ROUNDS = 5;
const SECONDS = 3;

/** What the command line asks for. */
export interface Options {
  readonly modelDir: string;
  readonly environmentsDir: string;
  readonly rounds: number;
  /** Length of one measurement at one row a request. */
  readonly seconds: number;
  readonly servers: readonly ContenderName[];
  /** Less than the figures of the documentation are made of: these are left alone. */
  readonly isDraft: boolean;
}

const isContender = (name: string): name is ContenderName => Object.hasOwn(CONTENDERS, name);

/**
 * Reads `MODEL_DIR ENVIRONMENTS_DIR [--rounds N] [--seconds N] [--peers a,b]`. This tier is always among the servers.
 *
 * @throws when a value is missing or makes no sense
 */
export function readOptions(args: readonly string[]): Options {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '' },
      seconds: { type: 'string', default: '' },
      peers: { type: 'string', default: '' },
    },
  });
  const [modelDir, environmentsDir] = positionals;
  if (modelDir === undefined || environmentsDir === undefined) {
    throw new Error('Expected the folder of the model and the folder of the environments');
  }
  const rounds = Number(values.rounds || ROUNDS);
  const seconds = Number(values.seconds || SECONDS);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds ${values.rounds}: expected 1 or more`);
  if (!(seconds > 0)) throw new Error(`--seconds ${values.seconds}: expected a positive number`);
  const named = values.peers.split(',').filter((name) => name !== '');
  const unknown = named.find((name) => !isContender(name));
  if (unknown !== undefined) {
    throw new Error(`--peers: no ${unknown}; there are ${Object.keys(CONTENDERS).join(', ')}`);
  }
  const all = Object.keys(CONTENDERS).filter(isContender);
  const servers = named.length === 0 ? all : all.filter((name) => name === 'tier' || named.includes(name));
  const isDraft = rounds < ROUNDS || seconds < SECONDS || servers.length < all.length;
  return {
    modelDir: resolve(modelDir),
    environmentsDir: resolve(environmentsDir),
    rounds,
    seconds,
    servers,
    isDraft,
  };
}
