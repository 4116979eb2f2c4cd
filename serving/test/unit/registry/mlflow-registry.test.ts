import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { expect } from 'chai';
import type { MlflowConnection } from '../../../src/registry/mlflow-http.js';
import { MlflowRegistry } from '../../../src/registry/mlflow-registry.js';
import { RegistryError, type RegistryErrorKind } from '../../../src/registry/model-registry.js';
import { eventually } from '../../support/eventually.js';
import { rejection } from '../../support/rejection.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

function json(status: number, body: unknown): Answer {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
}

describe('MlflowRegistry', () => {
  let server: Server;
  let answer: Answer;
  let requests: IncomingMessage[];
  let bodies: string[];
  const sockets = new Set<Socket>();

  before(async () => {
    server = createServer((request, response) => {
      requests.push(request);
      void text(request).then((body) => {
        bodies.push(body);
        answer(request, response);
      });
    });
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });

  beforeEach(() => {
    requests = [];
    bodies = [];
  });

  after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  function connect(options: Partial<MlflowConnection> = {}): MlflowRegistry {
    const trackingUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return new MlflowRegistry({ trackingUri, timeoutMs: 60_000, ...options });
  }

  const version = {
    model_version: {
      name: 'toy',
      version: '3',
      run_id: 'r1',
      current_stage: 'None',
      tags: [{ key: 'package_digest', value: 'sha256:00' }, { key: 'without-value' }],
    },
  };

  it('reads a version by alias', async () => {
    answer = json(200, version);
    const found = await connect().getModelVersionByAlias('toy & co', 'champion');
    expect(found).to.deep.equal({
      name: 'toy',
      version: '3',
      runId: 'r1',
      tags: new Map([
        ['package_digest', 'sha256:00'],
        ['without-value', ''],
      ]),
    });
    const url = new URL(requests[0]!.url!, 'http://x');
    expect(url.pathname).to.equal('/api/2.0/mlflow/registered-models/alias');
    expect(Object.fromEntries(url.searchParams)).to.deep.equal({ name: 'toy & co', alias: 'champion' });
  });

  it('reads a version without tags and without run', async () => {
    answer = json(200, { model_version: { name: 'toy', version: '3', run_id: '' } });
    expect(await connect().getModelVersion('toy', '3')).to.deep.equal({
      name: 'toy',
      version: '3',
      runId: undefined,
      tags: new Map(),
    });
  });

  it('reads the aliases and the tags of a model, also when there are none', async () => {
    answer = json(200, {
      registered_model: {
        name: 'toy',
        aliases: [{ alias: 'champion', version: '3' }],
        tags: [{ key: 'traffic_policy', value: '{}' }],
      },
    });
    expect(await connect().getRegisteredModel('toy')).to.deep.equal({
      name: 'toy',
      aliases: new Map([['champion', '3']]),
      tags: new Map([['traffic_policy', '{}']]),
    });
    answer = json(200, { registered_model: { name: 'toy' } });
    expect(await connect().getRegisteredModel('toy')).to.deep.equal({
      name: 'toy',
      aliases: new Map(),
      tags: new Map(),
    });
  });

  it('writes aliases and tags, and deletes tags', async () => {
    answer = json(200, {});
    const registry = connect();
    await registry.setRegisteredModelAlias('toy', 'champion', '4');
    await registry.setModelVersionTag('toy', '4', 'blessing', 'blessed');
    await registry.setRegisteredModelTag('toy', 'traffic_policy', '{}');
    await registry.deleteRegisteredModelTag('toy', 'traffic_policy');
    expect(requests.map(({ method, url }) => `${method ?? ''} ${url ?? ''}`)).to.deep.equal([
      'POST /api/2.0/mlflow/registered-models/alias',
      'POST /api/2.0/mlflow/model-versions/set-tag',
      'POST /api/2.0/mlflow/registered-models/set-tag',
      'DELETE /api/2.0/mlflow/registered-models/delete-tag',
    ]);
    expect(bodies.map((body) => JSON.parse(body) as unknown)).to.deep.equal([
      { name: 'toy', alias: 'champion', version: '4' },
      { name: 'toy', version: '4', key: 'blessing', value: 'blessed' },
      { name: 'toy', key: 'traffic_policy', value: '{}' },
      { name: 'toy', key: 'traffic_policy' },
    ]);
  });

  describe('what an answer means', () => {
    const NOT_FOUND_400 = {
      error_code: 'INVALID_PARAMETER_VALUE',
      message: 'Registered model alias champion not found.',
    };
    const cases: readonly (readonly [string, Answer, RegistryErrorKind])[] = [
      ['400 for an alias that is not set', json(400, NOT_FOUND_400), 'not-found'],
      [
        '400 for anything else',
        json(400, { error_code: 'INVALID_PARAMETER_VALUE', message: 'Invalid name' }),
        'rejected',
      ],
      ['400 without explanation', json(400, {}), 'rejected'],
      ['401', json(401, {}), 'denied'],
      ['403', json(403, { error_code: 'PERMISSION_DENIED', message: 'no' }), 'denied'],
      ['403 of somebody else', (_, response) => response.writeHead(403).end('Permission denied'), 'denied'],
      ['404', json(404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'no' }), 'not-found'],
      ['404 of somebody else', (_, response) => response.writeHead(404).end('<html>'), 'not-found'],
      ['429', json(429, {}), 'unreachable'],
      ['500', json(500, { error_code: 'INTERNAL_ERROR', message: 'sqlite is locked' }), 'unreachable'],
      ['502 of a proxy', (_, response) => response.writeHead(502).end('<html>'), 'unreachable'],
      ['503', json(503, {}), 'unreachable'],
      ['a web page', (_, response) => response.writeHead(200).end('<html>'), 'unreachable'],
      ['an answer of another shape', json(200, { model_version: { name: 'toy' } }), 'unreachable'],
      ['nothing', (request) => request.socket.destroy(), 'unreachable'],
      [
        'an answer that breaks off',
        (request, response) => {
          response.writeHead(200, { 'content-length': 100 }).write('{');
          setImmediate(() => request.socket.destroy());
        },
        'unreachable',
      ],
    ];
    for (const [what, given, kind] of cases) {
      it(`is ${kind} for ${what}`, async () => {
        answer = given;
        const error = await rejection(connect().getModelVersionByAlias('toy', 'champion'), RegistryError);
        expect(error.kind, error.message).to.equal(kind);
        expect(error.message).to.include('/registered-models/alias');
      });
    }

    it('repeats what MLflow said', async () => {
      answer = json(500, { error_code: 'INTERNAL_ERROR', message: 'database is locked' });
      const error = await rejection(connect().getModelVersion('toy', '1'), RegistryError);
      expect(error.message).to.include('database is locked');
    });

    it('is unreachable when nothing comes in time', async () => {
      answer = () => undefined;
      const error = await rejection(connect({ timeoutMs: 50 }).getModelVersion('toy', '1'), RegistryError);
      expect(error.kind).to.equal('unreachable');
    });

    it('is unreachable when nobody listens', async () => {
      const error = await rejection(
        connect({ trackingUri: 'http://127.0.0.1:1' }).getModelVersion('toy', '1'),
        RegistryError,
      );
      expect(error.kind).to.equal('unreachable');
      expect(error.message).to.include('ECONNREFUSED');
    });

    it('does not follow redirects, which would carry credentials elsewhere', async () => {
      answer = (_, response) => {
        response.writeHead(302, { location: '/elsewhere' }).end();
      };
      await rejection(connect({ token: 'x' }).getModelVersion('toy', '1'), RegistryError);
      expect(requests).to.have.length(1);
    });
  });

  describe('credentials', () => {
    it('are none unless given', async () => {
      answer = json(200, version);
      await connect().getModelVersion('toy', '3');
      expect(requests[0]!.headers.authorization).to.equal(undefined);
    });

    it('are a bearer token', async () => {
      answer = json(200, version);
      await connect({ token: 't0ken' }).getModelVersion('toy', '3');
      expect(requests[0]!.headers.authorization).to.equal('Bearer t0ken');
    });

    it('are basic authentication', async () => {
      answer = json(200, version);
      await connect({ username: 'reader', password: 'hunter2' }).getModelVersion('toy', '3');
      expect(requests[0]!.headers.authorization).to.equal(`Basic ${btoa('reader:hunter2')}`);
    });

    it('never show in an error', async () => {
      answer = json(401, {});
      for (const credentials of [{ username: 'reader', password: 'hunter2' }, { token: 'hunter2' }]) {
        const error = await rejection(connect(credentials).getModelVersion('toy', '3'), RegistryError);
        const shown = inspect(error, { depth: 20 });
        expect(shown).not.to.include('hunter2').and.not.to.include(btoa('reader:hunter2'));
      }
    });
  });

  describe('artifacts', () => {
    it('are read through the tracking server', async () => {
      answer = (_, response) => response.end('the bytes');
      const stream = await connect().openArtifact('mlflow-artifacts:/1/abc/artifacts/package', 'model.onnx');
      expect(await text(stream)).to.equal('the bytes');
      expect(requests[0]!.url).to.equal(
        '/api/2.0/mlflow-artifacts/artifacts/1/abc/artifacts/package/model.onnx',
      );
    });

    it('may have names that are no URLs', async () => {
      answer = (_, response) => response.end();
      await connect().openArtifact('mlflow-artifacts:///1/mein Paket', 'a b/ü%2F#1.onnx');
      expect(requests[0]!.url).to.equal(
        '/api/2.0/mlflow-artifacts/artifacts/1/mein%20Paket/a%20b/%C3%BC%252F%231.onnx',
      );
    });

    for (const uri of [
      's3://bucket/1/package',
      'file:///mlruns/1',
      'mlflow-artifacts://other-host/1/package',
      'runs:/abc/package',
      '',
    ]) {
      it(`at "${uri}" are refused without a request`, async () => {
        const error = await rejection(connect().openArtifact(uri, 'model.onnx'), RegistryError);
        expect(error.kind).to.equal('rejected');
        expect(requests).to.deep.equal([]);
      });
    }

    for (const [status, kind] of [
      [404, 'not-found'],
      [500, 'unreachable'],
      [401, 'denied'],
      [403, 'denied'],
    ] as const) {
      it(`are ${kind} when the server says ${status}`, async () => {
        answer = json(status, { error_code: 'X', message: 'no' });
        const opening = connect().openArtifact('mlflow-artifacts:/1/package', 'model.onnx');
        expect((await rejection(opening, RegistryError)).kind).to.equal(kind);
      });
    }

    it('leave no connection behind when they are refused', async () => {
      server.closeAllConnections();
      await eventually(() => {
        expect(sockets.size).to.equal(0);
      });
      answer = json(404, { error_code: 'X', message: 'no' });
      const registry = connect();
      for (let i = 0; i < 10; i += 1) {
        await rejection(registry.openArtifact('mlflow-artifacts:/1/package', 'model.onnx'), RegistryError);
      }
      await eventually(() => {
        expect(sockets.size).to.be.at.most(1);
      });
    });

    it('end with an error when the server stops in the middle', async () => {
      answer = (request, response) => {
        response.writeHead(200, { 'content-length': 100 }).write('half');
        setImmediate(() => request.socket.destroy());
      };
      const stream = await connect().openArtifact('mlflow-artifacts:/1/package', 'model.onnx');
      await rejection(text(stream), Error);
    });

    it('end with an error when a download takes ten times the time-out', async () => {
      answer = (_, response) => {
        response.writeHead(200, { 'content-length': 100 }).write('half');
      };
      const timeoutMs = 200;
      const started = performance.now();
      const stream = await connect({ timeoutMs }).openArtifact('mlflow-artifacts:/1/p', 'model.onnx');
      await rejection(text(stream), Error);
      expect(performance.now() - started, 'not at once').to.be.above(5 * timeoutMs);
    });

    it('use one connection for one file after the other', async () => {
      answer = (_, response) => response.end('the bytes');
      const registry = connect();
      const ports = new Set<number | undefined>();
      for (let i = 0; i < 5; i += 1) {
        await text(await registry.openArtifact('mlflow-artifacts:/1/package', 'model.onnx'));
        ports.add(requests[i]!.socket.remotePort);
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(ports.size).to.equal(1);
    });
  });
});
