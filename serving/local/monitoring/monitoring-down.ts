import { bold, say } from '../console.js';
import type { Platform } from '../platform.js';

/** Stops what watches the platform, which goes on. What was gathered stays. */
export async function monitoringDown(platform: Platform): Promise<void> {
  for (const { name } of platform.monitoring()) {
    const entry = platform.processes.running(name);
    await platform.processes.stop(name);
    if (entry) say(`${bold(name)} stopped`);
  }
}
