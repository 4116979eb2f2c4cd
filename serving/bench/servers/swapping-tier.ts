import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { readConfig } from '../../src/config.js';
import { startServingTier } from '../../src/serving-tier.js';
import { FakeRegistry } from '../../test/fakes/fake-registry.js';
import { packageIn } from '../../test/support/package-folders.js';

/**
 * A whole tier whose registry moves the champion between two packages. The parent says `swap`; the answer is the
 * resident memory in bytes once the new version is available.
 */
const packages = process.argv.slice(2, 4).map(packageIn);
const registry = new FakeRegistry();
const model = packages[0]!.manifest.model_name;
const versions = packages.map((modelPackage) => registry.promote(modelPackage));
const adminToken = 'benchmark-admin-token';
const config = readConfig({
  MODEL_NAME: model,
  PORT: '0',
  GRPC_PORT: '0',
  MANAGEMENT_PORT: '0',
  POLL_INTERVAL_SECONDS: '59',
  ADMIN_TOKEN: adminToken,
  ARTIFACT_CACHE_DIR: mkdtempSync(join(tmpdir(), 'swap-soak-')),
});
const tier = await startServingTier(config, pino({ level: 'silent' }), registry);
const management = `http://127.0.0.1:${tier.managementPort}`;

async function untilServed(version: string): Promise<void> {
  for (;;) {
    const status = (await (await fetch(`${management}/status`)).json()) as {
      available: { version: string } | null;
    };
    if (status.available?.version === version) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

let current = versions.length - 1;
await untilServed(versions[current]!);
process.send?.({ port: tier.port });
process.on('message', () => {
  void (async () => {
    current = 1 - current;
    registry.point(model, 'champion', versions[current]!);
    // The calls that the fake remembers would be taken for a leak of the tier.
    registry.calls.length = 0;
    await fetch(`${management}/admin/reload`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminToken}` },
    });
    await untilServed(versions[current]!);
    process.send?.({ rss: process.memoryUsage.rss() });
  })();
});
