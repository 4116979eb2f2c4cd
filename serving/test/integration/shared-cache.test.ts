import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import type { PackageId } from '../../src/registry/artifact-store.js';
import { ArtifactServer } from '../fakes/artifact-server.js';
import { eventually } from '../support/eventually.js';
import { writePackage } from '../support/package-folders.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { SERVING_ROOT } from '../support/training-environment.js';

describe('a cache that several processes share', function () {
  // Each process compiles what it runs, on a machine that may be busy.
  this.timeout(60_000);
  const WITHIN_MS = 45_000;

  const source = writePackage({ files: { weights: Buffer.alloc(100_000, 'w') } });
  const id: PackageId = { modelName: 'toy', version: '1', digest: source.digest };
  let directory: string;
  let server: ArtifactServer;
  let processes: ChildProcess[];

  beforeEach(async () => {
    directory = temporaryDirectory();
    server = await ArtifactServer.start(source);
    processes = [];
  });

  afterEach(async () => {
    for (const child of processes) child.kill('SIGKILL');
    await server.stop();
  });

  function startFetching(): ChildProcess {
    const args = ['--import', 'tsx', 'test/support/fetching-process.ts', directory, server.url];
    const child = spawn(process.execPath, [...args, JSON.stringify(id)], {
      cwd: SERVING_ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    processes.push(child);
    return child;
  }

  function list(folder: string): string[] {
    return readdirSync(join(directory, folder));
  }

  function timesAsked(path: string): number {
    return server.asked.filter((asked) => asked === path).length;
  }

  it('downloads a package once for all that want it', async () => {
    const letGo = server.hold();
    const outputs = [startFetching(), startFetching(), startFetching()].map((child) => text(child.stdout!));
    await eventually(() => {
      expect(server.asked).not.to.deep.equal([]);
    }, WITHIN_MS);
    letGo();
    expect(await Promise.all(outputs)).to.deep.equal(['fetched', 'fetched', 'fetched']);
    for (const path of ['manifest.json', 'MLmodel', 'model.onnx', 'weights']) {
      expect(timesAsked(path), path).to.equal(1);
    }
    expect(list('locks'), 'locks').to.deep.equal([]);
    expect(list('incoming'), 'incoming').to.deep.equal([]);
  });

  it('has another go on at once when the one that downloads is killed', async () => {
    const letGo = server.hold();
    const killed = startFetching();
    await eventually(() => {
      expect(timesAsked('manifest.json')).to.equal(1);
    }, WITHIN_MS);
    const output = text(startFetching().stdout!);
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    letGo();
    const since = performance.now();
    expect(await output).to.equal('fetched');
    expect(performance.now() - since, 'it waits for no lock to become stale').to.be.below(20_000);
    expect(timesAsked('model.onnx')).to.equal(1);
    expect(list('locks'), 'locks').to.deep.equal([]);
  });
});
