import axios from 'axios';
import { z } from 'zod';

const columnSchema = z.looseObject({ name: z.string(), state: z.string(), psi: z.number().nullable() });
const driftSchema = z.looseObject({
  models: z.array(
    z.looseObject({
      version: z.string(),
      effective_rows: z.number(),
      drifted: z.array(z.string()),
      features: z.array(columnSchema),
      outputs: z.array(columnSchema),
    }),
  ),
});

/** What a replica says of live traffic against the reference of the version that it serves. */
export interface DriftReading {
  readonly version: string;
  readonly rows: number;
  /** Names of the features and outputs whose state is drifted. */
  readonly drifted: readonly string[];
  /** The feature that has moved most; undefined while there are too few rows. */
  readonly worst: { readonly name: string; readonly psi: number } | undefined;
  readonly scorePsi: number | undefined;
}

/** undefined before a version is served */
export async function readDrift(managementUrl: string): Promise<DriftReading | undefined> {
  const { data } = await axios.get<unknown>(`${managementUrl}/drift`, { timeout: 5000 });
  const model = driftSchema.parse(data).models[0];
  if (model === undefined) return undefined;
  const measured = model.features.flatMap(({ name, psi }) => (psi === null ? [] : [{ name, psi }]));
  return {
    version: model.version,
    rows: model.effective_rows,
    drifted: model.drifted,
    worst: measured.sort((one, other) => other.psi - one.psi)[0],
    scorePsi: model.outputs.find(({ name }) => name === 'score')?.psi ?? undefined,
  };
}
