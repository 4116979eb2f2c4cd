import type { Chance } from './chance.js';

type Mutation = (bytes: Buffer, chance: Chance, others: readonly Buffer[]) => Buffer;

/** Bytes that mean something somewhere: ends of text and lines, JSON, HTTP, invalid UTF-8. */
const TELLING = Buffer.from('\0\r\n\t "{}[]:,;\\/=%-0\x7f\x80\xc0\xed\xff', 'latin1');
/** Lengths at which counting goes wrong. */
const NUMBERS = [0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];
const MAX_INSERTED = 512;
const MAX_BYTES = 2 * 1024 ** 2;

/** Two positions in their order. */
function range(bytes: Buffer, chance: Chance): [number, number] {
  const from = chance.int(bytes.length + 1);
  return [from, from + chance.length(bytes.length - from)];
}

function replaced(bytes: Buffer, from: number, to: number, by: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, from), by, bytes.subarray(to)]);
}

function changed(bytes: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
}

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'flip bit': (bytes, chance) =>
    changed(bytes, (copy) => {
      if (copy.length > 0) copy[chance.int(copy.length)]! ^= 1 << chance.int(8);
    }),
  'set byte': (bytes, chance) =>
    changed(bytes, (copy) => {
      copy[chance.int(copy.length)] = chance.pick([...TELLING]);
    }),
  truncate: (bytes, chance) => bytes.subarray(0, chance.int(bytes.length + 1)),
  behead: (bytes, chance) => bytes.subarray(chance.int(bytes.length + 1)),
  remove: (bytes, chance) => replaced(bytes, ...range(bytes, chance), Buffer.alloc(0)),
  insert: (bytes, chance) => {
    const at = chance.int(bytes.length + 1);
    return replaced(bytes, at, at, chance.bytes(chance.length(MAX_INSERTED)));
  },
  repeat: (bytes, chance) => {
    const [from, to] = range(bytes, chance);
    const times = Math.min(1 + chance.length(1_000), Math.ceil(MAX_BYTES / Math.max(1, to - from)));
    return replaced(bytes, to, to, Buffer.concat(Array<Buffer>(times).fill(bytes.subarray(from, to))));
  },
  swap: (bytes, chance) => {
    const at = chance.int(bytes.length + 1);
    return Buffer.concat([bytes.subarray(at), bytes.subarray(0, at)]);
  },
  splice: (bytes, chance, others) => {
    const other = chance.pick(others);
    return replaced(bytes, ...range(bytes, chance), other.subarray(...range(other, chance)));
  },
  number: (bytes, chance) =>
    changed(bytes, (copy) => {
      if (copy.length < 4) return;
      const at = chance.int(copy.length - 3);
      if (chance.happens(0.5)) copy.writeUInt32LE(chance.pick(NUMBERS), at);
      else copy.writeUInt32BE(chance.pick(NUMBERS), at);
    }),
};

/**
 * Damages bytes, once or a few times. Never longer than some megabytes.
 *
 * @param others to splice pieces from; at least one
 * @returns the bytes and what was done to them
 */
export function mutateBytes(
  bytes: Buffer,
  chance: Chance,
  others: readonly Buffer[],
): { readonly bytes: Buffer; readonly how: string } {
  const steps = Array.from({ length: 1 + chance.int(3) }, () => chance.pick(Object.keys(MUTATIONS)));
  const mutated = steps.reduce((current, step) => MUTATIONS[step]!(current, chance, others), bytes);
  return { bytes: mutated.subarray(0, MAX_BYTES), how: steps.join(', ') };
}
