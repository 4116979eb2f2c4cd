import { ArtifactStore, type PackageId } from '../../src/registry/artifact-store.js';
import { MlflowRegistry } from '../../src/registry/mlflow-registry.js';

/**
 * A process that fetches one package into a cache that it shares with others, and says `fetched`:
 *
 *   fetching-process.ts CACHE_DIRECTORY REGISTRY_URL PACKAGE_ID_AS_JSON
 */
const [directory, trackingUri, id] = process.argv.slice(2);
const registry = new MlflowRegistry({ trackingUri: trackingUri!, timeoutMs: 10_000 });
const store = new ArtifactStore(registry, { directory: directory!, keep: 3, maxPackageBytes: 1e9 });
await store.open();
await store.fetch(JSON.parse(id!) as PackageId);
process.stdout.write('fetched');
// Kept-alive connections would hold it.
process.exit(0);
