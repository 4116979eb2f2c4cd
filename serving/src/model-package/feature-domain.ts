import { inTensor } from './in-tensor.js';
import type { ElementType, Feature } from './manifest.js';

const FLOAT32_MAX = 3.4028234663852886e38;
const INT32_MIN = -(2 ** 31);
const INT32_MAX = 2 ** 31 - 1;

/** How one feature's value is checked, reduced to what a tight loop needs. */
export interface FeatureDomain {
  readonly kind: 'float' | 'integer' | 'boolean' | 'string';
  readonly nullable: boolean;
  /** Inclusive bounds: those of the type, narrowed by the manifest's range. */
  readonly min: number;
  readonly max: number;
  readonly categories: ReadonlySet<unknown> | undefined;
  /** The rule in words, without the bounds of the type: few values are beyond those. */
  readonly expected: string;
  /** Inclusive bounds of the type, and the rule in words with them. */
  readonly type: { readonly min: number; readonly max: number; readonly expected: string };
}

const KINDS = {
  float32: 'float',
  float64: 'float',
  int32: 'integer',
  int64: 'integer',
  bool: 'boolean',
  string: 'string',
} as const satisfies Record<ElementType, FeatureDomain['kind']>;

function typeBounds(type: ElementType): readonly [number, number] {
  switch (type) {
    case 'float32':
      return [-FLOAT32_MAX, FLOAT32_MAX];
    case 'int32':
      return [INT32_MIN, INT32_MAX];
    case 'int64':
      // JSON numbers beyond this have lost digits before they reach us.
      return [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
    default:
      return [-Number.MAX_VALUE, Number.MAX_VALUE];
  }
}

/** The bounds of a type as a reader wants to see them. */
const BOUNDS: Partial<Record<ElementType, { readonly min: string; readonly max: string }>> = {
  float32: { min: '-3.4e38', max: '3.4e38' },
  float64: { min: '-1.8e308', max: '1.8e308' },
  int32: { min: String(INT32_MIN), max: String(INT32_MAX) },
  int64: { min: String(Number.MIN_SAFE_INTEGER), max: String(Number.MAX_SAFE_INTEGER) },
};

function describe(
  feature: Feature,
  kind: FeatureDomain['kind'],
  { min, max }: { readonly min?: number | string | undefined; readonly max?: number | string | undefined },
): string {
  const noun = kind === 'float' ? 'a number' : kind === 'integer' ? 'an integer' : `a ${kind}`;
  const parts = [noun];
  if (min !== undefined && max !== undefined) parts.push(`from ${min} to ${max}`);
  else if (min !== undefined) parts.push(`of at least ${min}`);
  else if (max !== undefined) parts.push(`of at most ${max}`);
  if (feature.categories !== undefined) {
    const shown = feature.categories.slice(0, 20).map((value) => JSON.stringify(value));
    const more = feature.categories.length > shown.length ? ', ...' : '';
    parts.push(`out of ${shown.join(', ')}${more}`);
  }
  if (feature.nullable) parts.push('or null');
  return parts.join(' ');
}

export function featureDomain(feature: Feature): FeatureDomain {
  const { type, range } = feature;
  const kind = KINDS[type];
  const [min, max] = typeBounds(type);
  // Who sends a bound or a category in a tensor means the same as who sends it in JSON: both are in the domain.
  const lowest = range?.min === undefined ? min : Math.min(range.min, inTensor(range.min, type));
  const highest = range?.max === undefined ? max : Math.max(range.max, inTensor(range.max, type));
  const categories = feature.categories?.flatMap((value): readonly unknown[] =>
    typeof value === 'number' ? [value, inTensor(value, type)] : [value],
  );
  return {
    kind,
    nullable: feature.nullable,
    min: Math.max(min, lowest),
    max: Math.min(max, highest),
    categories: categories === undefined ? undefined : new Set(categories),
    expected: describe(feature, kind, range ?? {}),
    type: { min, max, expected: describe(feature, kind, { ...BOUNDS[feature.type], ...range }) },
  };
}

/** What should have been there instead of a value that is not accepted, for the error message. */
export function expectedOf({ expected, type }: FeatureDomain, value: unknown): string {
  return typeof value === 'number' && !(value >= type.min && value <= type.max) ? type.expected : expected;
}

/** Whether a JSON value may stand for the feature. The rule in full; the request path runs the same one. */
export function accepts(domain: FeatureDomain, value: unknown): boolean {
  if (value === null) return domain.nullable;
  switch (domain.kind) {
    case 'float':
    case 'integer':
      if (typeof value !== 'number' || !(value >= domain.min && value <= domain.max)) return false;
      if (domain.kind === 'integer' && !Number.isInteger(value)) return false;
      break;
    case 'boolean':
      if (typeof value !== 'boolean') return false;
      break;
    case 'string':
      if (typeof value !== 'string') return false;
      break;
  }
  return domain.categories?.has(value) ?? true;
}
