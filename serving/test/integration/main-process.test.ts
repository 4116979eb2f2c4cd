import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { startCommand, type CommandResult, type RunningCommand } from '../support/command.js';
import { httpRequest } from '../support/http-request.js';
import { rejection } from '../support/rejection.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

interface ListeningLine {
  readonly msg: string;
  readonly port: number;
  readonly management_port: number;
}

/** Free ports, and a registry that is not there. */
function environment(): Record<string, string> {
  return {
    PORT: '0',
    GRPC_PORT: '0',
    MANAGEMENT_PORT: '0',
    MLFLOW_TRACKING_URI: 'http://127.0.0.1:1',
    ARTIFACT_CACHE_DIR: temporaryDirectory(),
    PREDICTION_LOG_DIR: temporaryDirectory(),
  };
}

function start(env: Readonly<Record<string, string>>): RunningCommand {
  return startCommand('src/main.ts', [], env);
}

describe('the serving process', function () {
  this.timeout(120_000);

  async function listening({ child }: RunningCommand): Promise<ListeningLine> {
    for await (const text of createInterface({ input: child.stdout! })) {
      const line = JSON.parse(text) as ListeningLine;
      if (line.msg === 'listening') return line;
    }
    throw new Error('The process ended before it listened');
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`serves without a registry, and ends with 0 on ${signal}`, async () => {
      const running = start(environment());
      const ended = once(running.child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
      const { port, management_port: management } = await listening(running);
      expect((await httpRequest({ port, path: '/health/live' })).status).to.equal(200);
      expect((await httpRequest({ port, path: '/health/ready' })).status).to.equal(503);
      expect((await httpRequest({ port: management, path: '/status' })).json).to.deep.include({
        ready: false,
        serving_from: 'nothing',
        available: null,
      });
      running.child.kill(signal);
      running.child.kill(signal);
      expect(await ended).to.deep.equal([0, null]);
      await rejection(httpRequest({ port, path: '/health/live' }), Error);
    });
  }

  describe('that can not start says why in one line', () => {
    let server: Server;
    let results: Record<'configuration' | 'port' | 'management' | 'cache', CommandResult>;
    let port: string;

    before(async () => {
      server = createServer();
      await once(server.listen(0, '127.0.0.1'), 'listening');
      port = String((server.address() as AddressInfo).port);
      const run = (env: Readonly<Record<string, string>>): Promise<CommandResult> =>
        start({ ...environment(), ...env }).result;
      const [configuration, takenPort] = await Promise.all([
        run({ PORT: 'http', ADMIN_TOKEN: 'short-secret' }),
        run({ PORT: port }),
      ]);
      const [management, cache] = await Promise.all([
        run({ MANAGEMENT_PORT: port }),
        run({ ARTIFACT_CACHE_DIR: '/dev/null/cache' }),
      ]);
      results = { configuration, port: takenPort, management, cache };
    });

    after(() => new Promise((resolve) => server.close(resolve)));

    it('and ends with 78: variables that are wrong, all of them, no secret', () => {
      const { exitCode, stdout, stderr } = results.configuration;
      expect(exitCode).to.equal(78);
      expect(stdout).to.equal('');
      expect(stderr).to.match(/^[^\n]*\bPORT: [^\n]*\bADMIN_TOKEN: [^\n]*\n$/);
      expect(stderr).not.to.include('short-secret');
    });

    for (const which of ['port', 'management'] as const) {
      it(`and ends with 1: a port that is taken (${which})`, () => {
        const { exitCode, stderr } = results[which];
        expect(exitCode).to.equal(1);
        expect(stderr).to.equal(`Port ${port} on 127.0.0.1 is taken by another process\n`);
      });
    }

    it('and ends with 1: a cache that can not be written', () => {
      const { exitCode, stderr } = results.cache;
      expect(exitCode).to.equal(1);
      expect(stderr).to.match(/^[^\n]*\/dev\/null\/cache[^\n]*\n$/);
    });
  });
});
