import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { ModelPackage } from '../../src/model-package/manifest.js';
import { PackageRegistry } from '../tier/package-registry.js';
import { TierProcess } from '../tier/tier-process.js';

/** A server with `/predict` in a process of its own. */
export interface ServerUnderLoad {
  readonly port: number;
  stop(): Promise<void>;
}

/** This tier as it is shipped, with its default limits. */
export async function startTier(modelPackage: ModelPackage): Promise<ServerUnderLoad> {
  const registry = await PackageRegistry.start([modelPackage]);
  const tier = await TierProcess.start(registry, modelPackage.manifest.model_name);
  return {
    port: tier.port,
    async stop() {
      await tier.stop();
      await registry.stop();
    },
  };
}

/** Express as everybody writes it: it takes every request, whatever waits already. */
export async function startUnbounded(modelPackage: ModelPackage): Promise<ServerUnderLoad> {
  const server = fork(new URL('../servers/express.ts', import.meta.url), [modelPackage.directory], {
    execArgv: ['--import', 'tsx'],
  });
  const kill = () => server.kill('SIGKILL');
  process.once('exit', kill);
  const [{ port }] = (await once(server, 'message')) as [{ port: number }];
  return {
    port,
    async stop() {
      process.off('exit', kill);
      kill();
      await once(server, 'exit');
    },
  };
}
