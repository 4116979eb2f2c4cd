import { accepts, featureDomain, type FeatureDomain } from '../../model-package/feature-domain.js';
import type { ElementType, Feature, Manifest, Output } from '../../model-package/manifest.js';
import { objectSchema, tupleSchema, type JsonSchema } from './json-schema.js';

const TYPES = { float: 'number', integer: 'integer', boolean: 'boolean', string: 'string' } as const;

const FORMATS: Readonly<Partial<Record<ElementType, string>>> = {
  float32: 'float',
  float64: 'double',
  int32: 'int32',
  int64: 'int64',
};

/** Bounds of a double are those of JSON itself and need no saying. */
function bounds({ min, max }: FeatureDomain): JsonSchema {
  return {
    ...(min > -Number.MAX_VALUE && { minimum: min }),
    ...(max < Number.MAX_VALUE && { maximum: max }),
  };
}

/** Exactly the values that the row encoder takes for a feature, whatever stands for them in the message. */
function domainSchema(domain: FeatureDomain, type: ElementType): JsonSchema {
  const { kind, nullable, categories } = domain;
  const format = FORMATS[type];
  const named = {
    type: nullable ? [TYPES[kind], 'null'] : TYPES[kind],
    ...(format !== undefined && { format }),
  };
  if (categories !== undefined) {
    const values = [...categories].filter((value) => accepts(domain, value));
    return { ...named, enum: nullable ? [...values, null] : values };
  }
  return kind === 'float' || kind === 'integer' ? { ...named, ...bounds(domain) } : named;
}

/** A feature's value in an instance. */
export function featureSchema(feature: Feature): JsonSchema {
  return {
    ...(feature.description !== undefined && { description: feature.description }),
    ...domainSchema(featureDomain(feature), feature.type),
  };
}

/** A feature's value in a tensor: as in an instance, and booleans as 0 and 1 besides. */
export function elementSchema(feature: Feature): JsonSchema {
  const domain = featureDomain(feature);
  if (domain.kind !== 'boolean') return domainSchema(domain, feature.type);
  const allowed = [true, false].filter((value) => accepts(domain, value));
  return { enum: [...allowed, ...allowed.map(Number)] };
}

/** One row by feature name. A feature that may be null has to be there all the same. */
export function instanceSchema({ features }: Manifest, unknownFeatures: 'refuse' | 'ignore'): JsonSchema {
  return objectSchema(
    features.map((feature) => [feature.name, featureSchema(feature)]),
    unknownFeatures === 'ignore',
  );
}

/** One row by position. The title of each position is the feature's name. */
export function positionalSchema({ features }: Manifest): JsonSchema {
  return tupleSchema(features.map((feature) => ({ title: feature.name, ...featureSchema(feature) })));
}

/** JSON has no NaN: a number that is none is null. */
function outputElementSchema(type: ElementType): JsonSchema {
  const format = FORMATS[type];
  switch (type) {
    case 'float32':
    case 'float64':
      return { type: ['number', 'null'], format };
    case 'int32':
    case 'int64':
      return { type: 'integer', format };
    case 'bool':
      return { type: 'boolean' };
    case 'string':
      return { type: 'string' };
  }
}

function outputSchema({ type, shape, description }: Output): JsonSchema {
  const element = outputElementSchema(type);
  const [length] = shape;
  return {
    ...(description !== undefined && { description }),
    ...(length === undefined
      ? element
      : { type: 'array', items: element, minItems: length, maxItems: length }),
  };
}

/** What a model answers for one row. */
export function predictionSchema({ outputs }: Manifest): JsonSchema {
  return objectSchema(
    outputs.map((output) => [output.name, outputSchema(output)]),
    false,
  );
}

/** All elements of one output, row by row, as a tensor of the answer has them. */
export function outputElementsSchema({ type }: Output): JsonSchema {
  return { type: 'array', items: outputElementSchema(type) };
}
