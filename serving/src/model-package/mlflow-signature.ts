import { parse } from 'yaml';
import { z } from 'zod';
import { ContractViolation } from './contract.js';
import type { ElementType, Manifest } from './manifest.js';

const columnSchema = z.object({
  name: z.string(),
  type: z.string(),
  required: z.boolean().default(true),
});
const mlmodelSchema = z.object({ signature: z.object({ inputs: z.string() }) });

const MLFLOW_TYPES: Record<ElementType, string> = {
  float32: 'float',
  float64: 'double',
  int32: 'integer',
  int64: 'long',
  bool: 'boolean',
  string: 'string',
};

/**
 * Compares the registered MLflow signature with the manifest, so that a model reads the same to MLflow's own
 * tools as to this tier.
 *
 * @param mlmodel text of the package's `MLmodel` file (YAML; its signature's inputs are JSON inside)
 * @throws {ContractViolation} with rule `signature`
 */
export function checkMlflowSignature(mlmodel: string, manifest: Manifest): void {
  let columns: z.infer<typeof columnSchema>[];
  try {
    const { signature } = mlmodelSchema.parse(parse(mlmodel, { maxAliasCount: 0 }));
    columns = z.array(columnSchema).parse(JSON.parse(signature.inputs));
  } catch (cause) {
    throw new ContractViolation('signature', 'MLmodel holds no signature with named input columns', {
      cause,
    });
  }
  if (columns.length !== manifest.features.length) {
    throw new ContractViolation(
      'signature',
      `MLmodel has ${columns.length} inputs, the manifest ${manifest.features.length} features`,
    );
  }
  manifest.features.forEach((feature, index) => {
    const column = columns[index]!;
    const expected = { name: feature.name, type: MLFLOW_TYPES[feature.type], required: !feature.nullable };
    for (const key of ['name', 'type', 'required'] as const) {
      if (column[key] !== expected[key]) {
        throw new ContractViolation(
          'signature',
          `input ${index} has ${key} ${String(column[key])} in MLmodel and ${String(expected[key])} in the manifest`,
        );
      }
    }
  });
}
