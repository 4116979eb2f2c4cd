import type { DescribedModel } from './described-model.js';
import { GoldenRowExamples } from './golden-examples.js';
import { modelSchemas, type ModelSchemas, type SignatureOptions } from './model-schemas.js';

/** A model with all that paths say of it. */
export interface ModelDescription {
  readonly model: DescribedModel;
  readonly schemas: ModelSchemas;
  /** undefined without a version, and where examples are not wanted. */
  readonly examples: GoldenRowExamples | undefined;
}

/** All aliases of one registered model. Requests that name no version are answered by the first. */
export interface ModelGroup {
  readonly name: string;
  /** The name as a part of an identifier; no two groups have the same. */
  readonly identifier: string;
  readonly first: ModelDescription;
  readonly all: readonly ModelDescription[];
}

export interface DescriptionOptions extends SignatureOptions {
  /** Golden rows are rows of the training data. */
  readonly examples: boolean;
}

/** Makes texts differ that came out alike: `a`, `a_2`, `a_3`. */
function distinct(texts: readonly string[], separator: string): readonly string[] {
  const used = new Set<string>();
  return texts.map((text) => {
    let unique = text;
    for (let n = 2; used.has(unique); n += 1) unique = `${text}${separator}${n}`;
    used.add(unique);
    return unique;
  });
}

/** @param models in the order of the configuration */
export function modelGroups(
  models: readonly DescribedModel[],
  options: DescriptionOptions,
): readonly ModelGroup[] {
  const prefixes = distinct(
    models.map(({ name, alias }) => `${name}.${alias}`),
    '.',
  );
  const descriptions = models.map((model, i): ModelDescription => {
    const { loaded } = model;
    return {
      model,
      schemas: modelSchemas(model, prefixes[i]!, options),
      examples: loaded === undefined || !options.examples ? undefined : new GoldenRowExamples(loaded),
    };
  });
  const names = [...new Set(models.map(({ name }) => name))];
  const identifiers = distinct(
    names.map((name) => name.replaceAll(/\W/g, '_')),
    '_',
  );
  return names.map((name, i) => {
    const all = descriptions.filter(({ model }) => model.name === name);
    return { name, identifier: identifiers[i]!, first: all[0]!, all };
  });
}
