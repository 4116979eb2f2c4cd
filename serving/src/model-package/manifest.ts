/** The manifest of a model package, as mlflow/contract/model-package.schema.json describes it. */
export type ElementType = 'float32' | 'float64' | 'int32' | 'int64' | 'bool' | 'string';
export type Scalar = number | string | boolean;

export interface PackageFile {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

export interface Feature {
  readonly name: string;
  readonly type: ElementType;
  readonly nullable: boolean;
  readonly description?: string;
  readonly range?: { readonly min?: number; readonly max?: number };
  readonly categories?: readonly Scalar[];
}

export interface Output {
  readonly name: string;
  readonly type: ElementType;
  /** Shape of one row's value: `[]` for a scalar, `[k]` for a list. */
  readonly shape: readonly number[];
  readonly description?: string;
}

export type InputLayout =
  | { readonly layout: 'tensor'; readonly name: string; readonly type: ElementType }
  | { readonly layout: 'columns' };

export type Histogram =
  | {
      readonly kind: 'numeric';
      readonly edges: readonly number[];
      readonly counts: readonly number[];
      readonly missing: number;
    }
  | {
      readonly kind: 'categorical';
      readonly categories: readonly Scalar[];
      readonly counts: readonly number[];
      readonly missing: number;
    };

export interface GoldenRows {
  readonly rows: readonly (readonly (Scalar | null)[])[];
  readonly outputs: Readonly<Record<string, readonly (Scalar | readonly Scalar[])[]>>;
  readonly tolerance: number;
}

export interface Manifest {
  readonly contract_version: 1;
  readonly model_name: string;
  readonly task: 'binary_classification' | 'generic';
  readonly files: readonly PackageFile[];
  readonly input: InputLayout;
  readonly features: readonly Feature[];
  readonly outputs: readonly Output[];
  readonly decision?: { readonly threshold: number; readonly positive_class: number | string };
  readonly golden: GoldenRows;
  readonly reference: {
    readonly features: Readonly<Record<string, Histogram>>;
    readonly outputs: Readonly<Record<string, Histogram>>;
  };
  readonly lineage: {
    readonly git_commit: string | null;
    readonly dag_id: string | null;
    readonly dag_run_id: string | null;
    readonly seed: number | null;
    readonly created_at: string;
    readonly environment_lock_sha256: string | null;
    readonly data: {
      readonly uri: string;
      readonly sha256: string;
      readonly rows: number;
      readonly synthetic: boolean;
      readonly window: { readonly start: string | null; readonly end: string | null };
    };
  };
  readonly metrics: Readonly<Record<string, number>>;
}

/** A package whose bytes lie on disk and were checked against its digest and the contract. */
export interface ModelPackage {
  readonly directory: string;
  /** `sha256:<hex>` of manifest.json; it names every byte of the package. */
  readonly digest: string;
  readonly manifest: Manifest;
}
