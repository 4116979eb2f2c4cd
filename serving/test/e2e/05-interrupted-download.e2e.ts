import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { ensureRunning } from '../../local/supervisor.js';
import { waitUntil } from '../../local/wait-until.js';
import { LocalPlatform } from '../support/local-platform.js';
import { StallingProxy } from '../support/stalling-proxy.js';
import { platform } from './platform.js';

describe('a replica that is killed in the middle of a download', () => {
  let proxy: StallingProxy;
  let replica: LocalPlatform;

  before(async () => {
    proxy = await StallingProxy.start(platform.settings.urls.mlflow, 'model.onnx');
    replica = await LocalPlatform.create('e2e-replica', { MLFLOW_PORT: String(proxy.port) });
  });

  after(async () => {
    await replica.dispose(false);
    await proxy.close();
  });

  const list = (folder: string): string[] => {
    const dir = path.join(replica.settings.artifactCacheDir, folder);
    return existsSync(dir) ? readdirSync(dir) : [];
  };

  it('leaves no half-written package, and its successor starts clean', async () => {
    const { settings, parts } = replica;
    await ensureRunning(parts.services().serving, parts.processes, settings.startTimeoutMs);
    await waitUntil(() => (proxy.stalls > 0 && partialBytes() > 0 ? true : undefined), {
      what: 'half of model.onnx on disk',
      timeoutMs: 300_000,
      intervalMs: 50,
    });
    expect((await replica.status()).ready).to.equal(false);
    process.kill(-parts.processes.running('serving')!.pid, 'SIGKILL');
    await waitUntil(() => (parts.processes.findAll().length === 0 ? true : undefined), {
      what: 'the replica to be gone',
      timeoutMs: 300_000,
      intervalMs: 20,
    });
    expect(list('packages')).to.deep.equal([]);
    expect(list('incoming')).to.have.length(1);

    // The successor has the same cache and a way to the registry that works.
    const { version, digest } = await platform.champion();
    const successor = LocalPlatform.successorOf(replica, platform.settings.ports.mlflow);
    await ensureRunning(successor.parts.services().serving, parts.processes, settings.startTimeoutMs);
    await waitUntil(async () => ((await successor.status()).ready ? true : undefined), {
      what: 'the successor to be ready',
      timeoutMs: 300_000,
    });
    expect((await successor.status()).available?.version).to.equal(version);
    expect(list('packages')).to.deep.equal([digest.replace('sha256:', '')]);
    expect(list('incoming')).to.deep.equal([]);
  });

  function partialBytes(): number {
    const incoming = path.join(replica.settings.artifactCacheDir, 'incoming');
    const files = list('incoming').map((name) => path.join(incoming, name, 'model.onnx'));
    return files.reduce((sum, file) => sum + (existsSync(file) ? statSync(file).size : 0), 0);
  }
});
