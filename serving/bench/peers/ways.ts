import { fileURLToPath } from 'node:url';
import { loadSync, type MethodDefinition, type ServiceDefinition } from '@grpc/proto-loader';
import { z } from 'zod';

export type Row = readonly number[];

/** One way to ask over HTTP for the scores of some rows. */
export interface HttpWay {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: (rows: readonly Row[]) => Buffer;
  /** The scores in the body of an answer. @throws where it is not what was expected */
  readonly scores: (body: Buffer, headers: Headers) => readonly number[];
}

const JSON_HEADERS = { 'content-type': 'application/json' };
const toJson = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const fromJson = (body: Buffer): unknown => JSON.parse(body.toString('utf8'));
const floats = (rows: readonly Row[]): Buffer => Buffer.from(Float32Array.from(rows.flat()).buffer);

const scored = z.array(z.object({ score: z.number() })).transform((rows) => rows.map(({ score }) => score));
const withPredictions = z.object({ predictions: scored }).transform(({ predictions }) => predictions);
const inColumns = z.object({ predictions: z.object({ score: z.array(z.number()) }) });
const outputs = z.object({ outputs: z.array(z.object({ name: z.string(), data: z.array(z.number()) })) });

/** The features of the model, by which a row's values are named. */
export class Ways {
  readonly #features: readonly string[];
  readonly #model: string;

  constructor(features: readonly string[], model: string) {
    this.#features = features;
    this.#model = model;
  }

  /** `{"instances": [{"LIMIT_BAL": 20000, ...}]}`: where we are free to choose, all servers are asked so. */
  instances(): HttpWay {
    return {
      path: '/predict',
      headers: JSON_HEADERS,
      body: (rows) => toJson({ instances: this.#named(rows) }),
      scores: (body) => withPredictions.parse(fromJson(body)),
    };
  }

  /** The same with a bare list as the answer, as BentoML's batches have to be. */
  batchable(): HttpWay {
    return { ...this.instances(), scores: (body) => scored.parse(fromJson(body)) };
  }

  /** MLflow's `inputs`: lists by position, for a model whose signature is a tensor. */
  tensor(): HttpWay {
    return {
      path: '/invocations',
      headers: JSON_HEADERS,
      body: (rows) => toJson({ inputs: rows }),
      scores: (body) => inColumns.parse(fromJson(body)).predictions.score,
    };
  }

  /** MLflow's `dataframe_split`, the shortest of its forms for a model whose signature names columns. */
  split(): HttpWay {
    return {
      path: '/invocations',
      headers: JSON_HEADERS,
      body: (rows) => toJson({ dataframe_split: { columns: this.#features, data: rows } }),
      scores: (body) => withPredictions.parse(fromJson(body)),
    };
  }

  /** Open Inference Protocol v2 in JSON. */
  openInference(): HttpWay {
    return {
      path: `/v2/models/${this.#model}/infer`,
      headers: JSON_HEADERS,
      body: (rows) => toJson({ inputs: [{ ...this.#tensor(rows), data: rows.flat() }] }),
      scores: (body) => outputs.parse(fromJson(body)).outputs.find(({ name }) => name === 'score')!.data,
    };
  }

  /** Open Inference Protocol v2 with binary tensors. Its header has one length for every number of rows. */
  openInferenceBinary(rows: number): HttpWay {
    const size = rows * this.#features.length * 4;
    const header = toJson({
      inputs: [
        {
          name: 'features',
          datatype: 'FP32',
          shape: [rows, this.#features.length],
          parameters: { binary_data_size: size },
        },
      ],
      outputs: [
        { name: 'score', parameters: { binary_data: true } },
        { name: 'label', parameters: { binary_data: true } },
      ],
    });
    return {
      path: `/v2/models/${this.#model}/infer`,
      headers: {
        'content-type': 'application/octet-stream',
        'inference-header-content-length': String(header.length),
      },
      body: (values) => Buffer.concat([header, floats(values)]),
      scores: (body, headers) => {
        const from = Number(headers.get('inference-header-content-length'));
        return Array.from({ length: rows }, (_, i) => body.readFloatLE(from + 4 * i));
      },
    };
  }

  /** An encoded `ModelInferRequest` with raw contents. */
  grpcMessage(rows: readonly Row[]): Buffer {
    const request = {
      model_name: this.#model,
      inputs: [this.#tensor(rows)],
      raw_input_contents: [floats(rows)],
    };
    return modelInfer.requestSerialize(request);
  }

  #named(rows: readonly Row[]): object[] {
    return rows.map((row) => Object.fromEntries(this.#features.map((name, i) => [name, row[i]])));
  }

  #tensor(rows: readonly Row[]): object {
    return { name: 'features', datatype: 'FP32', shape: [rows.length, this.#features.length] };
  }
}

/** The bytes of one HTTP/1.1 request on a connection that stays open. */
export function httpRequest({ path, headers, body }: HttpWay, rows: readonly Row[]): Buffer {
  const content = body(rows);
  const lines = Object.entries({ host: '127.0.0.1', ...headers, 'content-length': String(content.length) });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${head}\r\n`), content]);
}

const proto = loadSync(fileURLToPath(new URL('../../src/api/grpc/open-inference.proto', import.meta.url)), {
  keepCase: true,
});
const service = proto['inference.GRPCInferenceService'] as ServiceDefinition;
const modelInfer: MethodDefinition<object, object> = service['ModelInfer']!;
const grpcAnswer = z.object({
  outputs: z.array(
    z.object({
      name: z.string(),
      contents: z.object({ fp32_contents: z.array(z.number()).default([]) }).nullish(),
    }),
  ),
  raw_output_contents: z.array(z.instanceof(Buffer)).default([]),
});

/** The scores in an encoded `ModelInferResponse`, raw or typed. */
export function grpcScores(message: Buffer): readonly number[] {
  const answer = grpcAnswer.parse(modelInfer.responseDeserialize(message));
  const index = answer.outputs.findIndex(({ name }) => name === 'score');
  const raw = answer.raw_output_contents[index];
  if (raw === undefined) return answer.outputs[index]?.contents?.fp32_contents ?? [];
  return Array.from({ length: raw.length / 4 }, (_, i) => raw.readFloatLE(4 * i));
}
