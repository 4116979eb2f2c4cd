import { join } from 'node:path';
import { LoadError, messageOf } from '../errors.js';
import { ContractViolation } from '../model-package/contract.js';
import type { ElementType, Manifest, ModelPackage } from '../model-package/manifest.js';
import type { ModelSession } from './model-session.js';
import { InferenceSession, type Tensor } from './onnxruntime.js';
import type { EncodedRows, GraphInput } from './row-encoder.js';
import { runFailure } from './run-failure.js';
import { toOrtTensor, type TensorData } from './tensors.js';

/** One output of the graph for a number of rows; element [row * width + i]. */
export interface OutputColumn {
  readonly name: string;
  readonly type: ElementType;
  /** Values a row: 1 for scalars. */
  readonly width: number;
  readonly isScalar: boolean;
  readonly data: TensorData;
}

interface Port {
  readonly name: string;
  readonly type: string;
  readonly rank: number;
}

function portOf(metadata: InferenceSession.ValueMetadata): Port {
  if (!metadata.isTensor)
    throw new ContractViolation('graph', `${metadata.name} of the graph is not a tensor`);
  return { name: metadata.name, type: metadata.type, rank: metadata.shape.length };
}

/** What a graph calls a port must be what the manifest calls it. Which ports there are is compared as a set. */
function matchPorts(
  side: 'input' | 'output',
  declared: readonly { readonly name: string; readonly type: ElementType }[],
  metadata: readonly InferenceSession.ValueMetadata[],
): ReadonlyMap<string, Port> {
  const ports = new Map(metadata.map((entry) => [entry.name, portOf(entry)]));
  for (const { name, type } of declared) {
    const port = ports.get(name);
    if (port === undefined) throw new ContractViolation('graph', `the graph has no ${side} ${name}`);
    if (port.type !== type) {
      throw new ContractViolation(
        'graph',
        `${side} ${name} is ${port.type} in the graph, ${type} in the manifest`,
      );
    }
  }
  const names = new Set(declared.map(({ name }) => name));
  const extra = [...ports.keys()].find((name) => !names.has(name));
  if (extra !== undefined)
    throw new ContractViolation('graph', `the graph's ${side} ${extra} is not in the manifest`);
  return ports;
}

export interface SessionOptions {
  readonly intraOpThreads: number;
}

/** A graph in memory. `run` computes on the calling thread: onnxruntime-node is synchronous under its promise. */
export class OnnxSession implements ModelSession {
  readonly #session: InferenceSession;
  readonly #manifest: Manifest;
  readonly #inputs: readonly (GraphInput & { readonly rank: number })[];

  private constructor(session: InferenceSession, manifest: Manifest, inputs: readonly GraphInput[]) {
    this.#session = session;
    this.#manifest = manifest;
    const ports = matchPorts('input', inputs, session.inputMetadata);
    matchPorts('output', manifest.outputs, session.outputMetadata);
    this.#inputs = inputs.map((input) => ({ ...input, rank: ports.get(input.name)!.rank }));
  }

  /** @throws {LoadError} GRAPH_LOAD_FAILED or CONTRACT_VIOLATION */
  static async load(
    modelPackage: ModelPackage,
    inputs: readonly GraphInput[],
    options: SessionOptions,
  ): Promise<OnnxSession> {
    let session: InferenceSession;
    try {
      session = await InferenceSession.create(join(modelPackage.directory, 'model.onnx'), {
        intraOpNumThreads: options.intraOpThreads,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        graphOptimizationLevel: 'all',
        // Below fatal, onnxruntime writes to standard error what it throws as well, values of the rows included.
        logSeverityLevel: 4,
      });
    } catch (cause) {
      throw new LoadError('GRAPH_LOAD_FAILED', `onnxruntime can't load model.onnx: ${messageOf(cause)}`, {
        cause,
      });
    }
    try {
      return new OnnxSession(session, modelPackage.manifest, inputs);
    } catch (cause) {
      await session.release();
      if (cause instanceof ContractViolation)
        throw new LoadError('CONTRACT_VIOLATION', cause.message, { cause });
      throw cause;
    }
  }

  async run({ rows, inputs }: EncodedRows): Promise<readonly OutputColumn[]> {
    const feeds: Record<string, Tensor> = {};
    this.#inputs.forEach((input, i) => {
      const dims = input.rank === 1 ? [rows * input.width] : [rows, input.width];
      feeds[input.name] = toOrtTensor(input.type, inputs[i]!, dims);
    });
    let results: Awaited<ReturnType<InferenceSession['run']>>;
    try {
      results = await this.#session.run(feeds);
    } catch (error) {
      throw runFailure(error);
    }
    return this.#manifest.outputs.map((output) => {
      const width = output.shape[0] ?? 1;
      const tensor = results[output.name]!;
      if (tensor.size !== rows * width) {
        throw new Error(`output ${output.name} has ${tensor.size} values for ${rows} rows of ${width}`);
      }
      return {
        name: output.name,
        type: output.type,
        width,
        isScalar: output.shape.length === 0,
        data: tensor.data as TensorData,
      };
    });
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}
