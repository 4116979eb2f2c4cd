import { SERVER } from '../model-metadata.js';
import type { DescribedModel } from './described-model.js';
import { HEADER_COMPONENTS, PARAMETER_COMPONENTS } from './headers.js';
import { firstModelPaths, openInferencePaths, TAGS, v1Paths } from './inference-paths.js';
import { objectSchema, type JsonSchema } from './json-schema.js';
import { modelGroups, type DescriptionOptions } from './model-description.js';
import {
  schemesOf,
  SECURITY_SCHEMES,
  type Paths,
  type Requirement,
  type Requirements,
} from './operations.js';
import { OUTCOME_SCHEMA, outcomePath } from './outcome-path.js';
import { PROBLEM_SCHEMA, problemComponents } from './problem-responses.js';
import { serverPaths } from './server-paths.js';

/** An OpenAPI 3.1 description of the public port. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: JsonSchema;
  readonly tags: readonly JsonSchema[];
  readonly paths: Paths;
  readonly components: Readonly<Record<string, JsonSchema>>;
}

export interface OpenApiOptions extends DescriptionOptions {
  readonly requirements: Requirements;
  /** Whether outcomes are taken. */
  readonly outcomes: boolean;
}

const TAG_DESCRIPTIONS: Readonly<Record<keyof typeof TAGS, string>> = {
  predict: "The tier's own protocol.",
  outcomes: 'What became of predictions: the labels by which the model is judged.',
  v2: 'For clients of KServe, Triton and MLServer. The same over gRPC on a port of its own.',
  v1: 'For clients of TensorFlow Serving and KServe.',
  mlflow: 'For clients of `mlflow models serve`.',
  health: 'For probes and load balancers.',
};

const TENSOR_METADATA = objectSchema(
  [
    ['name', { type: 'string' }],
    ['datatype', { type: 'string' }],
    ['shape', { type: 'array', items: { type: 'integer' } }],
  ],
  true,
);

const COMMON_SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  Outcome: OUTCOME_SCHEMA,
  Problem: PROBLEM_SCHEMA,
  ModelMetadata: objectSchema(
    [
      ['name', { type: 'string' }],
      ['versions', { type: 'array', items: { type: 'string' } }],
      ['platform', { type: 'string' }],
      ['inputs', { type: 'array', items: TENSOR_METADATA }],
      ['outputs', { type: 'array', items: TENSOR_METADATA }],
    ],
    true,
  ),
  ModelReady: objectSchema(
    [
      ['name', { type: 'string' }],
      ['version', { type: 'string' }],
      ['ready', { type: 'boolean' }],
    ],
    true,
  ),
};

function tableRow(model: DescribedModel): string {
  const { name, alias, loaded } = model;
  if (loaded === undefined) return `| ${name} | ${alias} | none | | |`;
  const { id, manifest } = loaded;
  const { created_at: trained, data } = manifest.lineage;
  const synthetic = data.synthetic ? ', on **synthetic** data' : '';
  return `| ${name} | ${alias} | ${id.version} | \`${id.digest.slice(0, 19)}\` | ${trained.slice(0, 10)}${synthetic} |`;
}

function description(models: readonly DescribedModel[]): string {
  return [
    'What this replica answers, written from the signatures of the models that it serves now. It changes when a promotion changes them.',
    '| model | alias | version | digest | trained |\n| --- | --- | --- | --- | --- |\n' +
      models.map(tableRow).join('\n'),
    'Every reply says which version answered: `x-model-version` and `x-model-digest`. Errors are problem details with a `code` to decide by.',
  ].join('\n\n');
}

function securitySchemes(used: ReadonlySet<Requirement>): { readonly securitySchemes?: JsonSchema } {
  const names = new Set<string>([...used].flatMap(schemesOf));
  if (names.size === 0) return {};
  return {
    securitySchemes: Object.fromEntries(Object.entries(SECURITY_SCHEMES).filter(([name]) => names.has(name))),
  };
}

function merged<T>(records: readonly Readonly<Record<string, T>>[]): Readonly<Record<string, T>> {
  return Object.fromEntries(records.flatMap((record) => Object.entries(record)));
}

/** @param models at least one, in the order of the configuration: the first answers `/predict` */
export function openApiDocument(
  models: readonly [DescribedModel, ...DescribedModel[]],
  options: OpenApiOptions,
): OpenApiDocument {
  const used = new Set<Requirement>();
  const requirements: Requirements = (route) => {
    const requirement = options.requirements(route);
    used.add(requirement);
    return requirement;
  };
  const groups = modelGroups(models, options);
  const paths: Paths = {
    ...firstModelPaths(groups[0]!.first, requirements),
    ...merged(groups.map((group) => openInferencePaths(group, requirements))),
    ...merged(groups.map((group) => v1Paths(group, requirements))),
    ...(options.outcomes ? outcomePath(requirements) : {}),
    ...serverPaths(requirements),
  };
  const schemas = groups.flatMap(({ all }) => all.map((model) => model.schemas.components));
  return {
    openapi: '3.1.0',
    info: { title: 'Model serving', version: SERVER.version, description: description(models) },
    tags: Object.entries(TAGS).map(([key, name]) => ({
      name,
      description: TAG_DESCRIPTIONS[key as keyof typeof TAGS],
    })),
    paths,
    components: {
      schemas: merged([COMMON_SCHEMAS, ...schemas]),
      responses: merged([...used].map((requirement) => problemComponents(requirement !== 'off'))),
      headers: HEADER_COMPONENTS,
      parameters: PARAMETER_COMPONENTS,
      ...securitySchemes(used),
    },
  };
}
