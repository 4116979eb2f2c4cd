import type { Manifest } from './manifest.js';

/** Where a binary classifier has its answers. */
export interface BinaryOutputs {
  /** Positions among the outputs of the manifest. */
  readonly score: number;
  readonly label: number;
  readonly decision: NonNullable<Manifest['decision']>;
}

/** undefined: the model is none, and promises no score. */
export function binaryOutputs({ task, outputs, decision }: Manifest): BinaryOutputs | undefined {
  if (task !== 'binary_classification' || decision === undefined) return undefined;
  const score = outputs.findIndex(({ name }) => name === 'score');
  const label = outputs.findIndex(({ name }) => name === 'label');
  return score === -1 || label === -1 ? undefined : { score, label, decision };
}
