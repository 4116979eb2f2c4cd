import type { Chance } from './chance.js';

/** Never to be found in the text of an error or in the log: it stands where values of features stand. */
export const CANARY = 'canary-7f3a91';

const DEPTH = 20_000;
const MANY = 3_000;

/** JSON texts, and texts that are none, in place of a value. */
const TOKENS = [
  ...['null', 'true', 'false', '0', '-0', '-1', '1.5', '1e999', '-1e999', '1e-999', '1e308', '5e-324'],
  ...['2147483648', '-2147483649', '4294967296', '9007199254740993', '9223372036854775808', '1'.repeat(400)],
  ...['NaN', 'Infinity', '-Infinity', 'undefined', 'None', '01', '.5', '0x1', '1_000', "'text'", ''],
  ...[
    '""',
    '" "',
    '"0"',
    '"NaN"',
    '"true"',
    '"\\u0000"',
    '"\\ud800"',
    '"\\x"',
    '"\n"',
    '"\\"',
    '"é\u{1f600}"',
  ],
  ...['"__proto__"', '"constructor"', '"toString"', `"${'a'.repeat(MANY)}"`, `"${'\\\\'.repeat(MANY)}"`],
  ...[
    '[]',
    '{}',
    '[[]]',
    '[null]',
    '[{}]',
    '[[1],2]',
    '{"__proto__":{"a":1}}',
    '{"constructor":{"prototype":1}}',
  ],
  ...[
    '{"toJSON":1}',
    '{"length":-1}',
    '{"a":1,"a":2}',
    `[${'1,'.repeat(MANY)}1]`,
    `[${'[],'.repeat(MANY)}[]]`,
  ],
  `{${Array.from({ length: MANY }, (_, i) => `"k${i}":${i}`).join()}}`,
  `${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}`,
  `${'{"a":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`,
  '['.repeat(DEPTH),
  `"${CANARY}"`,
  `["${CANARY}"]`,
  `{"${CANARY}":1}`.replace(CANARY, 'unknown_key'),
];
const KEYS = [
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'toString',
  'length',
  '',
  '0',
  '-1',
  '\u0000',
  'é',
];
/** Stands for a token until the text is written. */
const MARK = '\u0001token\u0001';

interface Place {
  readonly parent: Record<string, unknown> | unknown[];
  readonly key: string;
}

function placesIn(value: unknown, found: Place[] = []): Place[] {
  if (typeof value !== 'object' || value === null) return found;
  for (const [key, below] of Object.entries(value)) {
    found.push({ parent: value as Place['parent'], key });
    placesIn(below, found);
  }
  return found;
}

/** An own member, also where its name is one that assignment would take for the prototype. */
function put({ parent, key }: Place, value: unknown): void {
  Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
}

function get({ parent, key }: Place): unknown {
  return (parent as Record<string, unknown>)[key];
}

function drop({ parent, key }: Place): void {
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else Reflect.deleteProperty(parent, key);
}

const CHANGES: Readonly<Record<string, (place: Place, chance: Chance) => void>> = {
  drop,
  wrap: (place) => {
    put(place, [get(place)]);
  },
  unwrap: (place) => {
    const value = get(place);
    if (Array.isArray(value)) put(place, value[0]);
  },
  'to text': (place) => {
    put(place, JSON.stringify(get(place)));
  },
  rename: (place, chance) => {
    const value = get(place);
    drop(place);
    if (!Array.isArray(place.parent)) put({ parent: place.parent, key: chance.pick(KEYS) }, value);
  },
  'one more': ({ parent }, chance) => {
    if (Array.isArray(parent)) parent.push(structuredClone(parent[0]));
    else put({ parent, key: chance.pick(KEYS) }, 1);
  },
  many: ({ parent }, chance) => {
    if (!Array.isArray(parent)) return;
    const [first] = parent;
    const more = chance.pick([1, 100, 2_000]);
    for (let i = 0; i < more; i += 1) parent.push(first);
  },
};

/**
 * A message of the right form with something wrong in it.
 *
 * @param message an object or a list; it is left as it is
 * @returns the text, which may be no JSON any more, and what was done
 */
export function mutateJson(
  message: unknown,
  chance: Chance,
): { readonly text: string; readonly how: string } {
  const copy = structuredClone(message);
  const done: string[] = [];
  for (let left = chance.int(3); left > 0; left -= 1) {
    const places = placesIn(copy);
    if (places.length === 0) break;
    const change = chance.pick(Object.keys(CHANGES));
    CHANGES[change]!(chance.pick(places), chance);
    done.push(change);
  }
  const places = placesIn(copy);
  if (places.length === 0 || (done.length > 0 && chance.happens(0.3))) {
    return { text: JSON.stringify(copy), how: done.join(', ') };
  }
  put(chance.pick(places), MARK);
  const token = chance.pick(TOKENS);
  done.push(`${token.slice(0, 24)} as a value`);
  // By a function: a replacement text would have its own meaning of dollars.
  const text = JSON.stringify(copy).replace(JSON.stringify(MARK), () => token);
  return { text, how: done.join(', ') };
}
