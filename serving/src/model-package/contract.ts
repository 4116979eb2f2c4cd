import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { accepts, featureDomain } from './feature-domain.js';
import type { ElementType, Histogram, Manifest, Output, Scalar } from './manifest.js';

/** The rule of mlflow/contract/README.md that a package breaks. */
export type ContractRule =
  | 'schema'
  | 'duplicate-name'
  | 'file-path'
  | 'golden-row'
  | 'golden-output'
  | 'histogram'
  | 'feature-domain'
  | 'tensor-type'
  | 'model-name'
  | 'signature'
  | 'graph';

export class ContractViolation extends Error {
  override readonly name = 'ContractViolation';

  constructor(
    readonly rule: ContractRule,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`${rule}: ${detail}`, options);
  }
}

const schemaUrl = new URL('./model-package.schema.json', import.meta.url);
const validateSchema = new Ajv2020({ strict: false, allErrors: false }).compile<Manifest>(
  JSON.parse(readFileSync(schemaUrl, 'utf8')) as object,
);

/**
 * Reads a manifest and checks everything that the manifest alone can show.
 * @throws {ContractViolation} naming the first rule that is broken
 */
export function parseManifest(text: string): Manifest {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch (cause) {
    throw new ContractViolation('schema', 'manifest.json is not JSON', { cause });
  }
  if (!validateSchema(manifest)) {
    const first = validateSchema.errors?.[0];
    throw new ContractViolation(
      'schema',
      `manifest.json ${first?.instancePath ?? ''} ${first?.message ?? 'is invalid'}`,
    );
  }
  checkNames(manifest);
  checkPaths(manifest);
  checkFeatureDomains(manifest);
  checkTensorType(manifest);
  checkGoldenRows(manifest);
  checkGoldenOutputs(manifest);
  checkHistograms(manifest);
  return manifest;
}

function checkNames(manifest: Manifest): void {
  const lists = {
    feature: manifest.features.map((feature) => feature.name),
    output: manifest.outputs.map((output) => output.name),
    file: manifest.files.map((file) => file.path),
  };
  for (const [kind, names] of Object.entries(lists)) {
    const seen = new Set<string>();
    for (const name of names) {
      if (seen.has(name)) throw new ContractViolation('duplicate-name', `${kind} ${name} is declared twice`);
      seen.add(name);
    }
  }
}

/** One path can't be a file and the folder of another file. */
function checkPaths({ files }: Manifest): void {
  const paths = new Set(files.map(({ path }) => path));
  for (const path of paths) {
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      const folder = path.slice(0, slash);
      if (paths.has(folder)) {
        throw new ContractViolation('file-path', `${folder} can't be a file and the folder of ${path}`);
      }
    }
  }
}

function checkFeatureDomains(manifest: Manifest): void {
  for (const feature of manifest.features) {
    const { min = -Infinity, max = Infinity } = feature.range ?? {};
    if (min > max) {
      throw new ContractViolation(
        'feature-domain',
        `${feature.name} has range.min ${min} above range.max ${max}`,
      );
    }
    const withoutCategories = featureDomain({ name: feature.name, type: feature.type, nullable: false });
    const alien = feature.categories?.find((category) => !accepts(withoutCategories, category));
    if (alien !== undefined) {
      throw new ContractViolation(
        'feature-domain',
        `${feature.name} is of type ${feature.type} but has the category ${JSON.stringify(alien)}`,
      );
    }
  }
}

const HOLDS: Record<ElementType, readonly ElementType[]> = {
  float32: ['float32', 'float64', 'int32', 'int64', 'bool'],
  float64: ['float32', 'float64', 'int32', 'int64', 'bool'],
  int32: ['int32', 'bool'],
  int64: ['int32', 'int64', 'bool'],
  bool: ['bool'],
  string: ['string'],
};

function checkTensorType(manifest: Manifest): void {
  const { input } = manifest;
  if (input.layout !== 'tensor') return;
  const misfit = manifest.features.find((feature) => !HOLDS[input.type].includes(feature.type));
  if (misfit !== undefined) {
    throw new ContractViolation(
      'tensor-type',
      `feature ${misfit.name} of type ${misfit.type} does not fit into a tensor of ${input.type}`,
    );
  }
}

function checkGoldenRows(manifest: Manifest): void {
  const domains = manifest.features.map(featureDomain);
  manifest.golden.rows.forEach((row, index) => {
    if (row.length !== domains.length) {
      throw new ContractViolation(
        'golden-row',
        `golden row ${index} has ${row.length} values for ${domains.length} features`,
      );
    }
    row.forEach((value, column) => {
      const domain = domains[column]!;
      if (!accepts(domain, value)) {
        const name = manifest.features[column]!.name;
        throw new ContractViolation('golden-row', `golden row ${index}: ${name} must be ${domain.expected}`);
      }
    });
  });
}

function isOutputScalar(type: ElementType, value: unknown): value is Scalar {
  if (type === 'string') return typeof value === 'string';
  if (type === 'bool') return typeof value === 'boolean';
  return typeof value === 'number';
}

function isOutputValue(output: Output, value: unknown): boolean {
  const length = output.shape[0];
  if (length === undefined) return isOutputScalar(output.type, value);
  return (
    Array.isArray(value) &&
    value.length === length &&
    value.every((item) => isOutputScalar(output.type, item))
  );
}

function checkGoldenOutputs(manifest: Manifest): void {
  const { rows, outputs } = manifest.golden;
  for (const name of Object.keys(outputs)) {
    if (!manifest.outputs.some((output) => output.name === name)) {
      throw new ContractViolation('golden-output', `golden output ${name} is not an output of the model`);
    }
  }
  for (const output of manifest.outputs) {
    const values = outputs[output.name];
    if (values?.length !== rows.length) {
      throw new ContractViolation(
        'golden-output',
        `output ${output.name} has ${values?.length ?? 0} golden values for ${rows.length} rows`,
      );
    }
    const wrong = values.findIndex((value) => !isOutputValue(output, value));
    if (wrong !== -1) {
      throw new ContractViolation(
        'golden-output',
        `golden value ${wrong} of output ${output.name} is not of type ${output.type} and shape [${output.shape.join()}]`,
      );
    }
  }
}

function checkHistogram(name: string, histogram: Histogram): void {
  if (histogram.kind === 'categorical') {
    if (histogram.counts.length !== histogram.categories.length) {
      throw new ContractViolation('histogram', `${name} has not one count for each category`);
    }
    return;
  }
  if (histogram.counts.length !== histogram.edges.length + 1) {
    throw new ContractViolation('histogram', `${name} has not one count more than edges`);
  }
  if (histogram.edges.some((edge, i) => i > 0 && edge <= histogram.edges[i - 1]!)) {
    throw new ContractViolation('histogram', `${name} has edges that do not ascend`);
  }
}

function checkHistograms(manifest: Manifest): void {
  for (const side of ['features', 'outputs'] as const) {
    const declared = new Set(manifest[side].map((item) => item.name));
    for (const [name, histogram] of Object.entries(manifest.reference[side])) {
      if (!declared.has(name)) {
        throw new ContractViolation('histogram', `reference.${side} names ${name}, which is not declared`);
      }
      checkHistogram(`reference.${side}.${name}`, histogram);
    }
  }
}
