import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { freePorts } from '../support/free-ports.js';
import type { ImageToRun, RunningImage } from './running-image.js';

const docker = async (...args: readonly string[]) => promisify(execFile)('docker', args);

/** As strict as `make run-docker`, on the network of this machine, where the registry is. */
export class ImageInContainer implements RunningImage {
  private constructor(
    readonly container: string,
    readonly origin: string,
    readonly managementOrigin: string,
  ) {}

  static async start({ image, modelName, registryPort }: ImageToRun): Promise<ImageInContainer> {
    const [port, grpcPort, managementPort] = (await freePorts(3)) as [number, number, number];
    const variables = {
      MODEL_NAME: modelName,
      MLFLOW_TRACKING_URI: `http://127.0.0.1:${registryPort}`,
      HOST: '127.0.0.1',
      PORT: port,
      GRPC_PORT: grpcPort,
      MANAGEMENT_PORT: managementPort,
    };
    const { stdout } = await docker(
      ...['run', '--detach', '--pull', 'never', '--network', 'host'],
      ...[
        '--read-only',
        '--tmpfs',
        '/tmp:size=64m',
        '--tmpfs',
        '/var/cache/model-serving:uid=65532,gid=65532',
      ],
      ...[
        '--cap-drop',
        'ALL',
        '--security-opt',
        'no-new-privileges',
        '--memory',
        '1g',
        '--pids-limit',
        '256',
      ],
      ...Object.entries(variables).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
      image,
    );
    return new ImageInContainer(
      stdout.trim(),
      `http://127.0.0.1:${port}`,
      `http://127.0.0.1:${managementPort}`,
    );
  }

  async log(): Promise<string> {
    const { stdout, stderr } = await docker('logs', this.container);
    return stdout + stderr;
  }

  async stop(): Promise<void> {
    await docker('rm', '--force', '--volumes', this.container);
  }
}
