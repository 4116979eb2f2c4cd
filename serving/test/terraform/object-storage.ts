import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../local/free-ports.js';
import { eventually } from '../support/eventually.js';
import { SERVING_ROOT } from '../support/training-environment.js';

const VERSITYGW = join(SERVING_ROOT, '../.tools/go/bin/versitygw');
const ACCESS_KEY = 'test-access';
const SECRET_KEY = 'test-secret';

/** A real S3 server with an empty bucket, in place of Object Storage. */
export interface ObjectStorage {
  /** What goes into backend.hcl. */
  readonly backend: string;
  readonly keys: { readonly AWS_ACCESS_KEY_ID: string; readonly AWS_SECRET_ACCESS_KEY: string };
  stop(): Promise<void>;
}

async function answers(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}

/** undefined where the server is not installed: `make tf-test` builds it where there is Go. */
export async function startObjectStorage(): Promise<ObjectStorage | undefined> {
  if (!existsSync(VERSITYGW)) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'object-storage-'));
  await mkdir(join(folder, 'states'));
  const [port = 0] = await freePorts(1);
  const address = `127.0.0.1:${String(port)}`;
  const options = [
    '--access',
    ACCESS_KEY,
    '--secret',
    SECRET_KEY,
    '--region',
    'ru-central1',
    '--port',
    address,
  ];
  const server = spawn(VERSITYGW, [...options, 'posix', '.'], { cwd: folder, stdio: 'ignore' });
  const stop = async (): Promise<void> => {
    server.kill();
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
    await rm(folder, { recursive: true });
  };
  try {
    await eventually(() => answers(port));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    backend: `bucket         = "states"\nendpoints      = { s3 = "http://${address}" }\nuse_path_style = true\n`,
    keys: { AWS_ACCESS_KEY_ID: ACCESS_KEY, AWS_SECRET_ACCESS_KEY: SECRET_KEY },
    stop,
  };
}
