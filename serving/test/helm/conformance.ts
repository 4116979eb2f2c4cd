import { z } from 'zod';
import { CommandFailure, runCommand } from '../../local/cluster/child-command.js';
import { KUBECONFORM, SCHEMAS } from './charts.js';

const SCHEMA_FILES = `${SCHEMAS}/{{ .Group }}/{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json`;

const reportSchema = z.object({
  resources: z.array(z.object({ kind: z.string(), name: z.string(), status: z.string(), msg: z.string() })),
  summary: z.object({ valid: z.number(), skipped: z.number() }),
});

/** What a program printed, whether it was content or not. */
export async function outputOf(file: string, args: readonly string[], input = ''): Promise<string> {
  try {
    return await runCommand(file, args, { input });
  } catch (error) {
    if (error instanceof CommandFailure) return error.stdout + error.stderr;
    throw error;
  }
}

/** What kubeconform says of manifests; `resources` are those that it refuses. */
export async function conformance(manifests: string): Promise<z.infer<typeof reportSchema>> {
  const args = ['-strict', '-summary', '-output', 'json', '-schema-location', SCHEMA_FILES, '-'];
  return reportSchema.parse(JSON.parse(await outputOf(KUBECONFORM, args, manifests)));
}
