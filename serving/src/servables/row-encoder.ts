import { accepts, expectedOf, featureDomain, type FeatureDomain } from '../model-package/feature-domain.js';
import type { ElementType, Manifest } from '../model-package/manifest.js';
import { RequestError, type FieldError } from '../errors.js';
import type { RawTensor } from './raw-tensor.js';
import { RowBatch } from './row-batch.js';
import type { TensorData } from './tensors.js';

/** Rows of one request, checked and laid out as the graph wants them. */
export interface EncodedRows {
  readonly rows: number;
  /** One entry a graph input, in the order of `RowEncoder.inputs`; element [row * width + column]. */
  readonly inputs: readonly TensorData[];
}

/** A graph input as the encoder fills it. */
export interface GraphInput {
  readonly name: string;
  readonly type: ElementType;
  /** Values a row. */
  readonly width: number;
}

/** After this many wrong fields the rest of a request is not looked at. */
const MAX_FIELD_ERRORS = 20;

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a number';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Inherited members such as `constructor` are not features that the client sent. */
function ownValue(values: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

function pointer(...segments: (string | number)[]): string {
  return segments
    .map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}

/** What a typed array yields, as the JSON value that it stands for. */
function fromElement(element: unknown, kind: FeatureDomain['kind']): unknown {
  if (typeof element === 'bigint') return Number(element);
  if (typeof element !== 'number') return element;
  if (kind === 'boolean') return element === 1 ? true : element === 0 ? false : element;
  return Number.isNaN(element) ? null : element;
}

function fromText(text: string, kind: FeatureDomain['kind']): unknown {
  if (kind === 'string') return text;
  const trimmed = text.trim();
  if (trimmed === '' || /^nan$/i.test(trimmed)) return null;
  if (kind === 'boolean') return /^true$/i.test(trimmed) ? true : /^false$/i.test(trimmed) ? false : text;
  const number = Number(trimmed);
  return Number.isNaN(number) ? text : number;
}

function store(target: TensorData, type: ElementType, index: number, value: unknown): void {
  // null was allowed by the domain, so the type is a float: the graph sees it as NaN.
  if (type === 'string') (target as string[])[index] = value as string;
  else if (type === 'int64') (target as BigInt64Array)[index] = BigInt(Number(value));
  else (target as Float64Array)[index] = value === null ? NaN : Number(value);
}

/**
 * Checks instances against a signature and packs them into tensors.
 *
 * Everything that depends on the signature alone is worked out once, here; a request then costs one pass over
 * its values without an allocation besides the tensors.
 */
export class RowEncoder {
  readonly inputs: readonly GraphInput[];
  readonly #names: readonly string[];
  readonly #columnByName: ReadonlyMap<string, number>;
  readonly #domains: readonly FeatureDomain[];
  readonly #isTensor: boolean;
  readonly #ignoreUnknown: boolean;

  constructor(manifest: Manifest, unknownFeatures: 'refuse' | 'ignore' = 'refuse') {
    const { features, input } = manifest;
    this.#names = features.map((feature) => feature.name);
    this.#columnByName = new Map(this.#names.map((name, column) => [name, column]));
    this.#domains = features.map(featureDomain);
    this.#isTensor = input.layout === 'tensor';
    this.#ignoreUnknown = unknownFeatures === 'ignore';
    this.inputs =
      input.layout === 'tensor'
        ? [{ name: input.name, type: input.type, width: features.length }]
        : features.map((feature) => ({ name: feature.name, type: feature.type, width: 1 }));
  }

  /**
   * @param instances one object (by name) or list (by position) a row
   * @throws {RequestError} SIGNATURE_MISMATCH with the path of every wrong field, up to a limit
   */
  encode(instances: readonly unknown[]): EncodedRows {
    const batch = new RowBatch(this.inputs, instances.length);
    this.encodeInto(batch, instances);
    return batch.view();
  }

  /**
   * The same, behind the rows of a batch that has room for them. A batch is as it was when this throws.
   * @throws {RequestError} SIGNATURE_MISMATCH
   */
  encodeInto(batch: RowBatch, instances: readonly unknown[]): void {
    const rows = instances.length;
    const { inputs, rows: at } = batch;
    let errors: FieldError[] | undefined;
    for (let i = 0; i < rows; i += 1) {
      const instance = instances[i];
      const row = at + i;
      // The tight loop knows only right and wrong; what is wrong is worked out by a second look.
      const fits = Array.isArray(instance)
        ? this.#encodeList(instance, row, inputs)
        : typeof instance === 'object' &&
          instance !== null &&
          this.#encodeObject(instance as Record<string, unknown>, row, inputs);
      if (fits) continue;
      errors ??= [];
      this.#explain(instance, i, errors);
      if (errors.length >= MAX_FIELD_ERRORS) break;
    }
    if (errors !== undefined) throw signatureMismatch(errors);
    batch.keep(rows);
  }

  /**
   * Checks tensors that a client addressed to the graph's own inputs. Every value is held against its feature's
   * domain, as it would be in an instance; NaN stands for null.
   *
   * @param tensors in any order
   * @throws {RequestError} SIGNATURE_MISMATCH
   */
  encodeTensors(tensors: readonly RawTensor[]): EncodedRows {
    const batch = new RowBatch(this.inputs, tensors[0]?.shape[0] ?? 0);
    this.encodeTensorsInto(batch, tensors);
    return batch.view();
  }

  /**
   * The same, behind the rows of a batch that has room for them. A batch is as it was when this throws.
   * @throws {RequestError} SIGNATURE_MISMATCH
   */
  encodeTensorsInto(batch: RowBatch, tensors: readonly RawTensor[]): void {
    const errors: FieldError[] = [];
    const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
    const names = new Set(this.inputs.map(({ name }) => name));
    for (const tensor of tensors) {
      if (errors.length >= MAX_FIELD_ERRORS) throw signatureMismatch(errors);
      const { name, path } = tensor;
      if (!names.has(name))
        errors.push({ path, expected: `one of the inputs ${[...names].join(', ')}`, found: 'another name' });
      else if (byName.get(name) !== tensor)
        errors.push({ path, expected: 'each input once', found: `another ${name}` });
    }
    const rows = tensors[0]?.shape[0] ?? 0;
    this.inputs.forEach((input, position) => {
      const tensor = byName.get(input.name);
      if (tensor === undefined) {
        errors.push({ path: '/inputs', expected: `an input named ${input.name}`, found: 'nothing' });
      } else {
        this.#encodeTensor(tensor, input, position, rows, batch, errors);
      }
    });
    if (errors.length > 0) throw signatureMismatch(errors);
    batch.keep(rows);
  }

  /**
   * A record of text cells, as CSV has them, as the instance that they stand for. An empty cell, or NaN, is null;
   * text that is no value of its feature stays text, for `encode` to refuse.
   */
  parseText(record: Readonly<Record<string, string>>): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(record).map(([name, text]) => {
        const column = this.#columnByName.get(name);
        return [name, column === undefined ? text : fromText(text, this.#domains[column]!.kind)];
      }),
    );
  }

  #encodeTensor(
    { type, shape, data, path }: RawTensor,
    input: GraphInput,
    position: number,
    rows: number,
    batch: RowBatch,
    errors: FieldError[],
  ): void {
    const length = rows * input.width;
    const fits =
      shape[0] === rows &&
      (shape.length === 2 ? shape[1] === input.width : shape.length === 1 && input.width === 1);
    if (type !== input.type || !fits || data.length !== length || rows === 0) {
      errors.push({
        path,
        expected: `${input.type} of shape [rows, ${input.width}] with as many values`,
        found: `${type} of shape [${shape.join()}] with ${data.length} values`,
      });
      return;
    }
    const target = batch.inputs[position]!;
    const offset = batch.rows * input.width;
    let column = this.#isTensor ? 0 : position;
    for (let index = 0; index < length; index += 1) {
      const domain = this.#domains[column]!;
      const value = fromElement(data[index], domain.kind);
      if (accepts(domain, value)) {
        store(target, input.type, offset + index, value);
      } else {
        errors.push({
          path: `${path}/data/${index}`,
          expected: expectedOf(domain, value),
          found: kindOf(value),
        });
        if (errors.length >= MAX_FIELD_ERRORS) break;
      }
      if (this.#isTensor) column = column + 1 === input.width ? 0 : column + 1;
    }
  }

  #encodeList(values: readonly unknown[], row: number, inputs: readonly TensorData[]): boolean {
    const width = this.#names.length;
    if (values.length !== width) return false;
    for (let column = 0; column < width; column += 1) {
      if (!this.#encodeValue(values[column], row, column, inputs)) return false;
    }
    return true;
  }

  #encodeObject(values: Record<string, unknown>, row: number, inputs: readonly TensorData[]): boolean {
    const names = this.#names;
    for (let column = 0; column < names.length; column += 1) {
      if (!this.#encodeValue(values[names[column]!], row, column, inputs)) return false;
    }
    if (this.#ignoreUnknown) return true;
    // All features are there, so one key more is one that is none of them.
    return Object.keys(values).length === names.length;
  }

  /** Checks one value and stores it. @returns whether it fits */
  #encodeValue(value: unknown, row: number, column: number, inputs: readonly TensorData[]): boolean {
    const domain = this.#domains[column]!;
    if (!accepts(domain, value)) return false;
    const index = this.#isTensor ? row * this.#names.length + column : row;
    const input = this.#isTensor ? 0 : column;
    store(inputs[input]!, this.inputs[input]!.type, index, value);
    return true;
  }

  /** Says everything that is wrong with an instance, up to the limit. */
  #explain(instance: unknown, row: number, errors: FieldError[]): void {
    const names = this.#names;
    if (Array.isArray(instance)) {
      if (instance.length === names.length) this.#explainValues(instance, row, names.keys(), errors);
      else {
        errors.push({
          path: pointer('instances', row),
          expected: `${names.length} values, one a feature in the order of the signature`,
          found: `${instance.length} values`,
        });
      }
      return;
    }
    if (typeof instance !== 'object' || instance === null) {
      errors.push({
        path: pointer('instances', row),
        expected: `an object of features or a list of ${names.length} values`,
        found: kindOf(instance),
      });
      return;
    }
    const values = instance as Record<string, unknown>;
    this.#explainValues(
      names.map((name) => ownValue(values, name)),
      row,
      names,
      errors,
    );
    if (this.#ignoreUnknown) return;
    for (const key of Object.keys(values)) {
      if (errors.length >= MAX_FIELD_ERRORS) return;
      if (this.#columnByName.has(key)) continue;
      errors.push({
        path: pointer('instances', row, key),
        expected: 'no such feature',
        found: kindOf(values[key]),
      });
    }
  }

  /** @param keys what the client calls each value: its name or its position */
  #explainValues(
    values: readonly unknown[],
    row: number,
    keys: Iterable<string | number>,
    errors: FieldError[],
  ): void {
    let column = 0;
    for (const key of keys) {
      const domain = this.#domains[column]!;
      const value = values[column];
      column += 1;
      if (accepts(domain, value)) continue;
      if (errors.length >= MAX_FIELD_ERRORS) return;
      errors.push({
        path: pointer('instances', row, key),
        expected: expectedOf(domain, value),
        found: kindOf(value),
      });
    }
  }
}

function signatureMismatch(errors: readonly FieldError[]): RequestError {
  const first = errors[0]!;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return new RequestError(
    'SIGNATURE_MISMATCH',
    `${first.path}: expected ${first.expected}, found ${first.found}${more}`,
    errors,
  );
}
