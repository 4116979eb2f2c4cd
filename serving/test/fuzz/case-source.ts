import { INFERENCE_SERVICE } from '../../src/api/grpc/definition.js';
import type { Manifest } from '../../src/model-package/manifest.js';
import { mutateBytes } from './byte-mutations.js';
import { Chance } from './chance.js';
import type { CallCase, ConnectionCase, FuzzCase } from './fuzz-case.js';
import { toBytes, withHeader, type HttpMessage } from './http-message.js';
import { mutateHttp } from './http-mutations.js';
import { callConnection, frame, grpcFrame } from './http2-frames.js';
import { mutateJson } from './json-mutations.js';
import { serialized, validCalls, validHttp, type ValidCall, type ValidHttp } from './valid-exchanges.js';

const HEADER_LENGTH = 'inference-header-content-length';
const STRANGE_SHAPES = [
  [],
  [0],
  [-1],
  [-1, 4],
  [1, -1],
  [2 ** 31],
  [-(2 ** 53)],
  [2 ** 53, 0],
  [1, 1, 1, 1, 1, 1, 1, 1, 1],
];
const STRANGE_NAMES = ['', '__proto__', 'constructor', 'x'.repeat(2_000), 'é\0'];
const STRANGE_PATHS = [
  '/',
  '/x',
  `/${INFERENCE_SERVICE}/`,
  `/${INFERENCE_SERVICE}/Nothing`,
  `/${INFERENCE_SERVICE}/constructor`,
  '/grpc.health.v1.Health/Check',
  '/grpc.health.v1.Health/Watch',
];
const CALL_HEADERS: readonly (readonly [string, readonly string[]])[] = [
  ['content-type', ['application/grpc+json', 'application/json', 'application/grpc-web', 'x', '']],
  ['grpc-encoding', ['gzip', 'deflate', 'identity', 'snappy', '__proto__', '']],
  ['grpc-timeout', ['1n', '1m', '0S', '-1S', '99999999H', '999999999S', 'x', '', '1']],
  ['grpc-accept-encoding', ['', 'gzip,,', 'x']],
  ['x-request-id', ['', 'a b', 'x'.repeat(300)]],
  ['authorization', ['', 'Bearer', 'Bearer x', 'Basic x']],
  ['traceparent', ['', '00-', '00-0-0-0']],
  ['x-model-version', ['1', '9', '']],
  ['x-data-bin', ['', '%%%', 'AAAA']],
];

/** The cases of a run: endless, and each by its number alone. */
export class CaseSource {
  readonly #http: readonly ValidHttp[];
  readonly #predictions: readonly ValidHttp[];
  readonly #calls: readonly ValidCall[];
  readonly #bodies: readonly Buffer[];
  readonly #messages: readonly Buffer[];

  /** @param manifests of the models that the tier serves, its first one first */
  constructor(
    readonly seed: number,
    manifests: readonly Manifest[],
  ) {
    this.#http = validHttp(manifests);
    this.#predictions = this.#http.filter(({ message }) => message.method === 'POST');
    this.#calls = validCalls(manifests);
    this.#bodies = this.#predictions.map(({ message }) => message.body);
    this.#messages = this.#calls.map(({ method, message }) => serialized(method, message));
  }

  /** The exchanges as they are, which the tier has to answer well: a check of the source itself. */
  valid(): readonly FuzzCase[] {
    const number = -1;
    const { seed } = this;
    return [
      ...this.#http.map(({ name, port, message, signed }): ConnectionCase => ({
        kind: 'connection',
        seed,
        number,
        what: `valid ${name}`,
        port,
        pieces: [toBytes(withHeader(message, 'connection', 'close'))],
        ending: 'wait',
        ...(signed && { signed: message.body }),
      })),
      ...this.#calls.map(({ name, method, message }): CallCase => ({
        kind: 'call',
        seed,
        number,
        what: `valid ${name}`,
        path: `/${INFERENCE_SERVICE}/${method}`,
        headers: {},
        frames: grpcFrame(serialized(method, message)),
      })),
    ];
  }

  at(number: number): FuzzCase {
    const chance = new Chance(this.seed, number);
    const kind = chance.int(10);
    if (kind < 7) return this.#httpCase(number, chance);
    return kind < 9 ? this.#callCase(number, chance) : this.#http2Case(number, chance);
  }

  #httpCase(number: number, chance: Chance): ConnectionCase {
    // Most of what there is to get wrong is in bodies.
    const valid = chance.pick(chance.happens(0.8) ? this.#predictions : this.#http);
    const how: string[] = [];
    let message = valid.message;
    if (chance.happens(0.75)) {
      const mutated = this.#mutatedBody(valid, chance);
      message = mutated.message;
      how.push(mutated.how);
    }
    const signed = valid.signed && chance.happens(0.8) ? message.body : undefined;
    if (chance.happens(how.length === 0 ? 0.8 : 0.2)) {
      const mutated = mutateHttp(message, chance);
      message = mutated.message;
      how.push(mutated.how);
    }
    if (chance.happens(0.7)) message = withHeader(message, 'connection', 'close');
    let bytes = toBytes(message);
    if (how.length === 0 || chance.happens(0.1)) {
      const mutated = mutateBytes(bytes, chance, this.#bodies);
      bytes = mutated.bytes;
      how.push(`bytes: ${mutated.how}`);
    }
    if (chance.happens(0.05)) {
      bytes = Buffer.concat([bytes, toBytes(chance.pick(this.#http).message)]);
      how.push('pipelined');
    }
    return {
      kind: 'connection',
      seed: this.seed,
      number,
      what: `${valid.name}: ${how.join('; ')}`,
      port: valid.port,
      pieces: pieces(bytes, chance),
      ending: ending(chance),
      ...(signed !== undefined && { signed }),
    };
  }

  #mutatedBody(
    { message, json, binary = Buffer.alloc(0) }: ValidHttp,
    chance: Chance,
  ): { readonly message: HttpMessage; readonly how: string } {
    if (json === undefined || chance.happens(0.3)) {
      const { bytes, how } = mutateBytes(message.body, chance, this.#bodies);
      return { message: { ...message, body: bytes }, how };
    }
    const { text, how } = mutateJson(json, chance);
    const head = Buffer.from(text);
    const isBinary = message.headers.some(([name]) => name === HEADER_LENGTH);
    const mutated = { ...message, body: Buffer.concat([head, binary]) };
    // The length stays right, so that it is the header's content that is looked at.
    return { message: isBinary ? withHeader(mutated, HEADER_LENGTH, String(head.length)) : mutated, how };
  }

  #callCase(number: number, chance: Chance): CallCase {
    const { name, method, message } = chance.pick(this.#calls);
    const how: string[] = [];
    let bytes: Buffer;
    if (chance.happens(0.4)) {
      bytes = serialized(method, strangeMessage(message, chance));
      how.push('strange message');
    } else {
      const mutated = mutateBytes(serialized(method, message), chance, this.#messages);
      bytes = mutated.bytes;
      how.push(mutated.how);
    }
    let frames = grpcFrame(bytes);
    if (chance.happens(0.15)) {
      const length = chance.pick([0, 1, bytes.length + 1, 0x7fffffff, 0xffffffff]);
      frames = grpcFrame(bytes, { compressed: chance.pick([0, 1, 255]), length });
      how.push('frame head');
    } else if (chance.happens(0.1)) {
      frames = chance.pick([Buffer.alloc(0), frames.subarray(0, 3), Buffer.concat([frames, frames])]);
      how.push('none, a part or two');
    }
    const headers: Record<string, string> = {};
    if (chance.happens(0.2)) {
      const [header, values] = chance.pick(CALL_HEADERS);
      headers[header] = chance.pick(values);
      how.push(header);
    }
    const path = chance.happens(0.05) ? chance.pick(STRANGE_PATHS) : `/${INFERENCE_SERVICE}/${method}`;
    return {
      kind: 'call',
      seed: this.seed,
      number,
      what: `${name}: ${how.join('; ')}`,
      path,
      headers,
      frames,
    };
  }

  /** Bytes on the gRPC port: frames of HTTP/2 with something wrong, or something else altogether. */
  #http2Case(number: number, chance: Chance): ConnectionCase {
    const { method, message } = chance.pick(this.#calls);
    const frames = [
      ...callConnection(`/${INFERENCE_SERVICE}/${method}`, grpcFrame(serialized(method, message))),
    ];
    const how: string[] = [];
    if (chance.happens(0.5)) {
      // Behind the preface, most of the time.
      const at = chance.happens(0.9) ? 1 + chance.int(frames.length) : 0;
      const payload = chance.bytes(chance.length(64));
      const type = chance.int(12);
      frames.splice(at, 0, frame(type, chance.int(256), chance.pick([0, 1, 2, 3, 0x7fffffff]), payload));
      how.push(`a frame of type ${type}`);
    }
    let bytes = Buffer.concat(frames);
    if (how.length === 0 || chance.happens(0.5)) {
      const from = chance.happens(0.9) ? frames[0]!.length : 0;
      const mutated = mutateBytes(bytes.subarray(from), chance, this.#messages);
      bytes = Buffer.concat([bytes.subarray(0, from), mutated.bytes]);
      how.push(mutated.how);
    }
    return {
      kind: 'connection',
      seed: this.seed,
      number,
      what: `HTTP/2: ${how.join('; ')}`,
      port: 'grpc',
      pieces: pieces(bytes, chance),
      ending: ending(chance),
    };
  }
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** A message that is whole, with one member that makes no sense. */
function strangeMessage(message: Record<string, unknown>, chance: Chance): Record<string, unknown> {
  const copy = structuredClone(message);
  const inputs = copy['inputs'] as Record<string, unknown>[] | undefined;
  const target = inputs === undefined || chance.happens(0.3) ? copy : chance.pick(inputs);
  const key = chance.pick(Object.keys(target).length === 0 ? ['name'] : Object.keys(target));
  const value = target[key];
  if (key === 'shape') target[key] = chance.pick(STRANGE_SHAPES);
  else if (typeof value === 'string') target[key] = chance.pick(STRANGE_NAMES);
  else if (isList(value)) {
    target[key] = chance.pick([[], [...value, ...value], value.slice(1), Array(500).fill(value[0])]);
  } else Reflect.deleteProperty(target, key);
  return copy;
}

function pieces(bytes: Buffer, chance: Chance): Buffer[] {
  if (bytes.length < 2 || chance.happens(0.8)) return [bytes];
  const cuts = Array.from({ length: 1 + chance.int(4) }, () => chance.int(bytes.length)).sort(
    (a, b) => a - b,
  );
  return [0, ...cuts].map((from, i) => bytes.subarray(from, cuts[i])).filter((piece) => piece.length > 0);
}

function ending(chance: Chance): ConnectionCase['ending'] {
  const at = chance.int(20);
  if (at === 0) return 'reset';
  return at < 4 ? 'end' : 'wait';
}
