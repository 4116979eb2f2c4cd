import type { Feature, Manifest } from '../../src/model-package/manifest.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends object ? Mutable<T[K]> : T[K] };

/** A manifest that a test may still change. */
export type Draft = Mutable<Manifest>;

/**
 * A small manifest that keeps the contract, new for each call. Unless overridden: one float tensor of `age`
 * (18 to 120) and `income` (nullable), a score and a label.
 */
export function draftManifest(overrides: Partial<Manifest> = {}): Draft {
  const manifest: Manifest = {
    contract_version: 1,
    model_name: 'toy',
    task: 'binary_classification',
    files: [
      { path: 'MLmodel', sha256: '0'.repeat(64), bytes: 0 },
      { path: 'model.onnx', sha256: '0'.repeat(64), bytes: 0 },
    ],
    input: { layout: 'tensor', name: 'features', type: 'float32' },
    features: [
      { name: 'age', type: 'int32', nullable: false, range: { min: 18, max: 120 } },
      { name: 'income', type: 'float32', nullable: true },
    ],
    outputs: [
      { name: 'score', type: 'float32', shape: [] },
      { name: 'label', type: 'int64', shape: [] },
    ],
    decision: { threshold: 0.5, positive_class: 1 },
    golden: {
      rows: [
        [40, 1.5],
        [25, null],
      ],
      outputs: { score: [0.25, 0.75], label: [0, 1] },
      tolerance: 1e-5,
    },
    reference: {
      features: { age: { kind: 'numeric', edges: [30, 60], counts: [1, 1, 0], missing: 0 } },
      outputs: {},
    },
    lineage: {
      git_commit: null,
      dag_id: null,
      dag_run_id: null,
      seed: 1,
      created_at: '2026-01-01T00:00:00Z',
      environment_lock_sha256: null,
      data: {
        uri: 'synthetic:',
        sha256: '0'.repeat(64),
        rows: 2,
        synthetic: true,
        window: { start: null, end: null },
      },
    },
    metrics: {},
  };
  return structuredClone({ ...manifest, ...overrides }) as Draft;
}

/** A manifest for the row encoder, which looks at features and input alone. */
export function manifestWith(
  features: readonly Feature[],
  input: Manifest['input'] = { layout: 'columns' },
): Manifest {
  return { ...draftManifest(), features, input };
}

const MLFLOW_TYPES = {
  float32: 'float',
  float64: 'double',
  int32: 'integer',
  int64: 'long',
  bool: 'boolean',
  string: 'string',
} as const;

/** An `MLmodel` file whose signature agrees with the manifest. */
export function mlmodelOf({ features }: Pick<Manifest, 'features'>): string {
  const inputs = features.map(({ name, type, nullable }) => ({
    type: MLFLOW_TYPES[type],
    name,
    required: !nullable,
  }));
  return `flavors:\n  onnx:\n    data: model.onnx\nsignature:\n  inputs: ${JSON.stringify(JSON.stringify(inputs))}\n  outputs: null\n`;
}
