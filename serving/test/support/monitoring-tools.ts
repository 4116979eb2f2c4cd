import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Where a program that watches is, such as `alertmanager`; undefined where it is not installed. */
export function monitoringTool(name: string): string | undefined {
  const folder = process.env['MONITORING_TOOLS_DIR'];
  const program = folder === undefined ? undefined : join(folder, name);
  return program !== undefined && existsSync(program) ? program : undefined;
}
