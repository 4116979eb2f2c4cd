import type { Row } from './row-from-schema.js';

interface Tensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

/** `GET /v2/models/{name}`, as much of it as is read. */
export interface ModelMetadata {
  readonly inputs: readonly Tensor[];
}

/** What `/v2/models/{name}/infer` answers. */
export interface InferReply {
  readonly outputs: readonly (Tensor & { readonly data: readonly unknown[] })[];
}

/** One row as tensors: one of all features, or one a feature, as the model's metadata say. */
export function infer({ inputs }: ModelMetadata, row: Row): object {
  const values = Object.values(row);
  return {
    inputs: inputs.map(({ name, datatype }, position) => {
      const own = inputs.length === 1 ? values : [values[position]];
      const data = own.map((value) =>
        typeof value === 'boolean' && datatype !== 'BOOL' ? Number(value) : value,
      );
      return { name, datatype, shape: [1, own.length], data };
    }),
  };
}

/** The rows of an answer as `/predict` has them. */
export function predictionsOf({ outputs }: InferReply): readonly Readonly<Record<string, unknown>>[] {
  const rows = outputs[0]?.shape[0] ?? 0;
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(
      outputs.map(({ name, shape, data }) => {
        const width = shape.slice(1).reduce((product, length) => product * length, 1);
        return [name, shape.length === 1 ? data[row] : data.slice(row * width, (row + 1) * width)];
      }),
    ),
  );
}
