import {
  credentials,
  loadPackageDefinition,
  type Client,
  type ServiceClientConstructor,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { protoPath as healthProto } from 'grpc-health-check';
import { INFERENCE_SERVICE, loadInferenceService } from '../src/api/grpc/definition.js';
import { readReplica } from '../src/promotion/fleet.js';
import { print } from './console.js';
import { PlatformFailure } from './failure.js';
import type { Platform } from './platform.js';
import { sampleRow } from './sample-row.js';
import type { Settings } from './settings.js';

const TIMEOUT_MS = 10_000;

/** `grpc.health.v1.Health/Check` of the inference service. */
export async function grpcHealth({ settings }: Platform): Promise<void> {
  const { grpc } = loadPackageDefinition(loadSync(healthProto, { enums: String })) as unknown as {
    grpc: { health: { v1: { Health: ServiceClientConstructor } } };
  };
  print(JSON.stringify(await call(grpc.health.v1.Health, settings, 'Check', { service: INFERENCE_SERVICE })));
}

/** `ModelInfer` with one real row. */
export async function grpcPredict({ settings }: Platform): Promise<void> {
  const { status } = await readReplica(settings.urls.management);
  if (!status?.available) throw new PlatformFailure('No model version is available.', 'Run `make up`.');
  const row = Object.values(sampleRow(settings.artifactCacheDir, status.available.digest));
  const request = {
    model_name: settings.modelName,
    inputs: [
      {
        name: 'features',
        datatype: 'FP32',
        shape: [1, row.length],
        contents: { fp32_contents: row.map((value) => (value === null ? NaN : Number(value))) },
      },
    ],
  };
  print(JSON.stringify(await call(loadInferenceService(), settings, 'ModelInfer', request)));
}

type Method = (
  request: object,
  options: object,
  done: (error: Error | null, answer: unknown) => void,
) => void;

async function call(
  service: ServiceClientConstructor,
  { ports }: Settings,
  method: string,
  request: object,
): Promise<unknown> {
  const client: Client = new service(`127.0.0.1:${ports.grpc}`, credentials.createInsecure());
  try {
    return await new Promise((resolve, reject) => {
      // A client has its methods by name, which its type can't know.
      const send = (client as unknown as Record<string, Method>)[method]!;
      send.call(client, request, { deadline: Date.now() + TIMEOUT_MS }, (error, answer) => {
        if (error === null) resolve(answer);
        else
          reject(new PlatformFailure(`gRPC on port ${ports.grpc}: ${error.message}`, 'Run `make status`.'));
      });
    });
  } finally {
    client.close();
  }
}
