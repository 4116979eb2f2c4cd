import { accepts, featureDomain, type FeatureDomain } from '../model-package/feature-domain.js';
import type { ElementType, Manifest } from '../model-package/manifest.js';
import { RequestError, type FieldError } from '../errors.js';
import type { RawTensor } from './raw-tensor.js';
import { allocate, type TensorData } from './tensors.js';

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
    const rows = instances.length;
    const inputs = this.inputs.map(({ type, width }) => allocate(type, rows * width));
    const errors: FieldError[] = [];
    for (let row = 0; row < rows && errors.length < MAX_FIELD_ERRORS; row += 1) {
      const instance = instances[row];
      if (Array.isArray(instance)) this.#encodeList(instance, row, inputs, errors);
      else if (typeof instance === 'object' && instance !== null) {
        this.#encodeObject(instance as Record<string, unknown>, row, inputs, errors);
      } else {
        errors.push({
          path: pointer('instances', row),
          expected: `an object of features or a list of ${this.#names.length} values`,
          found: kindOf(instance),
        });
      }
    }
    if (errors.length > 0) throw signatureMismatch(errors);
    return { rows, inputs };
  }

  /**
   * Checks tensors that a client addressed to the graph's own inputs. Every value is held against its feature's
   * domain, as it would be in an instance; NaN stands for null.
   *
   * @param tensors in any order
   * @throws {RequestError} SIGNATURE_MISMATCH
   */
  encodeTensors(tensors: readonly RawTensor[]): EncodedRows {
    const errors: FieldError[] = [];
    const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
    const names = new Set(this.inputs.map(({ name }) => name));
    for (const { name, path } of tensors) {
      if (!names.has(name))
        errors.push({ path, expected: `one of the inputs ${[...names].join(', ')}`, found: name });
    }
    const rows = tensors[0]?.shape[0] ?? 0;
    const inputs = this.inputs.map((input, position) => {
      const tensor = byName.get(input.name);
      if (tensor === undefined) {
        errors.push({ path: '/inputs', expected: `an input named ${input.name}`, found: 'nothing' });
        return [];
      }
      return this.#encodeTensor(tensor, input, position, rows, errors);
    });
    if (errors.length > 0) throw signatureMismatch(errors);
    return { rows, inputs };
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
    errors: FieldError[],
  ): TensorData {
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
      return [];
    }
    const target = allocate(input.type, length);
    for (let index = 0; index < length; index += 1) {
      const column = this.#isTensor ? index % input.width : position;
      const value = fromElement(data[index], this.#domains[column]!.kind);
      if (!accepts(this.#domains[column]!, value)) {
        errors.push({
          path: `${path}/data/${index}`,
          expected: this.#domains[column]!.expected,
          found: kindOf(value),
        });
        if (errors.length >= MAX_FIELD_ERRORS) break;
        continue;
      }
      store(target, input.type, index, value);
    }
    return target;
  }

  #encodeList(
    values: readonly unknown[],
    row: number,
    inputs: readonly TensorData[],
    errors: FieldError[],
  ): void {
    if (values.length !== this.#names.length) {
      errors.push({
        path: pointer('instances', row),
        expected: `${this.#names.length} values, one a feature in the order of the signature`,
        found: `${values.length} values`,
      });
      return;
    }
    for (let column = 0; column < values.length; column += 1) {
      this.#encodeValue(values[column], row, column, column, inputs, errors);
    }
  }

  #encodeObject(
    values: Record<string, unknown>,
    row: number,
    inputs: readonly TensorData[],
    errors: FieldError[],
  ): void {
    const names = this.#names;
    for (let column = 0; column < names.length; column += 1) {
      const name = names[column]!;
      let value = values[name];
      // Inherited members such as `constructor` are not features that the client sent.
      if (typeof value === 'function') value = undefined;
      this.#encodeValue(value, row, column, name, inputs, errors);
    }
    if (this.#ignoreUnknown) return;
    if (Object.keys(values).length === names.length && errors.length === 0) return;
    for (const key in values) {
      if (!this.#columnByName.has(key)) {
        errors.push({
          path: pointer('instances', row, key),
          expected: 'no such feature',
          found: kindOf(values[key]),
        });
        if (errors.length >= MAX_FIELD_ERRORS) return;
      }
    }
  }

  #encodeValue(
    value: unknown,
    row: number,
    column: number,
    key: string | number,
    inputs: readonly TensorData[],
    errors: FieldError[],
  ): void {
    const domain = this.#domains[column]!;
    let fits: boolean;
    if (value === null) fits = domain.nullable;
    else if (domain.kind === 'float')
      fits = typeof value === 'number' && value >= domain.min && value <= domain.max;
    else if (domain.kind === 'integer') {
      fits =
        typeof value === 'number' && value >= domain.min && value <= domain.max && Number.isInteger(value);
    } else fits = typeof value === domain.kind;
    if (fits && value !== null && domain.categories !== undefined) fits = domain.categories.has(value);
    if (!fits) {
      if (errors.length < MAX_FIELD_ERRORS) {
        errors.push({
          path: pointer('instances', row, key),
          expected: domain.expected,
          found: kindOf(value),
        });
      }
      return;
    }
    const index = this.#isTensor ? row * this.#names.length + column : row;
    const input = this.#isTensor ? 0 : column;
    store(inputs[input]!, this.inputs[input]!.type, index, value);
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
