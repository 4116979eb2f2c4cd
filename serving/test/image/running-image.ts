import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ImageInContainer } from './image-in-container.js';
import { ImageInPod } from './image-in-pod.js';

/** The tier as its image has it, somewhere where it can be reached. */
export interface RunningImage {
  /** Where clients reach it from here. */
  readonly origin: string;
  /** Where the management port is from here. */
  readonly managementOrigin: string;
  log(): Promise<string>;
  stop(): Promise<void>;
}

export interface ImageToRun {
  readonly image: string;
  readonly modelName: string;
  /** Port of an MLflow on the loopback address of this machine. */
  readonly registryPort: number;
}

/** In a container where Docker runs, else as a pod in a cluster that tests may play in. */
export async function runImage(what: ImageToRun): Promise<RunningImage> {
  const docker = await promisify(execFile)('docker', ['info']).then(
    () => true,
    () => false,
  );
  return docker ? ImageInContainer.start(what) : ImageInPod.start(what);
}
