import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { credentials, loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { expect } from 'chai';
import { protoPath } from 'grpc-health-check';
import { DATATYPES } from '../../src/api/protocols/open-inference.js';
import type { Manifest } from '../../src/model-package/manifest.js';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { PACKAGES_TIMEOUT_MS, realPackages, type RealPackages } from '../support/model-packages.js';
import { TierUnderTest } from '../support/tier-under-test.js';
import { SERVING_ROOT, trainingPython } from '../support/training-environment.js';

interface TritonAnswer {
  readonly version?: string;
  readonly id?: string;
  readonly outputs?: Readonly<Record<string, readonly unknown[]>>;
  readonly status?: string;
}

interface Description {
  readonly live: boolean;
  readonly ready: boolean;
  readonly model_ready: boolean;
  readonly other_version_ready: boolean;
  readonly server: { readonly name: string };
  readonly model: { readonly versions: readonly string[] };
}

interface Answers {
  readonly http: readonly TritonAnswer[];
  readonly grpc: readonly TritonAnswer[];
  readonly http_description: Description;
  readonly grpc_description: Description;
  readonly mlflow: { readonly version: string; readonly predictions: readonly Record<string, number>[] };
}

/** The golden rows as a client of the Open Inference Protocol sends them: null is NaN. */
function inputsOf({ input, features, golden }: Manifest): Record<string, unknown> {
  const rows = golden.rows.map((row) => row.map((value) => value ?? 'nan'));
  if (input.layout === 'tensor') {
    return { [input.name]: [DATATYPES[input.type], [rows.length, features.length], rows.flat()] };
  }
  return Object.fromEntries(
    features.map(({ name, type }, i) => [
      name,
      [DATATYPES[type], [rows.length, 1], rows.map((row) => row[i])],
    ]),
  );
}

function expectGolden(answer: TritonAnswer, { golden, outputs }: Manifest): void {
  for (const { name } of outputs) {
    const actual = answer.outputs?.[name]?.flat() ?? [];
    const expected = (golden.outputs[name] as readonly unknown[]).flat();
    expect(actual, name).to.have.length(expected.length);
    expected.forEach((value, i) => {
      if (typeof value === 'number') expect(actual[i]).to.be.closeTo(value, 1e-5);
      else expect(actual[i]).to.equal(value);
    });
  }
}

describe("the inference protocols' own clients, unmodified", () => {
  let packages: RealPackages;
  let tier: TierUnderTest;
  let answers: Answers;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    packages = await realPackages();
    const { tensorA, tensorB, columnsStrings } = packages;
    const registry = new FakeRegistry();
    registry.promote(tensorA);
    registry.promote(tensorB, 'challenger');
    registry.promote(columnsStrings);
    const [tensor, columns] = [tensorA.manifest, columnsStrings.manifest];
    tier = await TierUnderTest.startReady(registry, {
      MODELS: `${tensor.model_name}@champion,${tensor.model_name}@challenger,${columns.model_name}@champion`,
    });
    answers = await askClients(tier, {
      infer: [
        { model: tensor.model_name, inputs: inputsOf(tensor) },
        { model: tensor.model_name, version: '2', inputs: inputsOf(tensor) },
        { model: columns.model_name, inputs: inputsOf(columns) },
        { model: tensor.model_name, version: '9', inputs: inputsOf(tensor) },
        { model: columns.model_name, inputs: inputsOf(tensor) },
      ],
      frame: { columns: tensor.features.map(({ name }) => name), rows: tensor.golden.rows },
    });
  });

  after(() => tier.stop());

  for (const transport of ['http', 'grpc'] as const) {
    describe(`tritonclient over ${transport}`, () => {
      it('gets the champion, with its own request id', () => {
        expect(answers[transport][0]).to.include({ version: '1', id: 'r-1' });
        expectGolden(answers[transport][0]!, packages.tensorA.manifest);
      });

      it('gets the version that it pins', () => {
        expect(answers[transport][1]).to.include({ version: '2' });
        expectGolden(answers[transport][1]!, packages.tensorB.manifest);
      });

      it('sends and gets every element type, strings and lists among them', () => {
        expectGolden(answers[transport][2]!, packages.columnsStrings.manifest);
      });

      it('reads the status of a refusal', () => {
        const statuses = answers[transport].slice(3).map(({ status }) => status);
        expect(statuses).to.deep.equal(
          transport === 'http' ? ['404', '422'] : ['StatusCode.NOT_FOUND', 'StatusCode.INVALID_ARGUMENT'],
        );
      });

      it('reads liveness, readiness and metadata', () => {
        const description = answers[`${transport}_description`];
        expect(description).to.include({
          live: true,
          ready: true,
          model_ready: true,
          other_version_ready: true,
        });
        expect(description.model.versions).to.deep.equal(['1', '2']);
      });
    });
  }

  it("MLflow's scoring client gets predictions for a data frame", () => {
    const { golden } = packages.tensorA.manifest;
    expect(answers.mlflow.predictions).to.have.length(golden.rows.length);
    answers.mlflow.predictions.forEach((prediction, row) => {
      expect(prediction['score']).to.be.closeTo(golden.outputs['score']![row] as number, 1e-5);
      expect(prediction['label']).to.equal(golden.outputs['label']![row]);
    });
  });

  it('grpc.health.v1 says SERVING', async () => {
    const { grpc } = loadPackageDefinition(loadSync(protoPath, { enums: String })) as unknown as {
      grpc: { health: { v1: { Health: ServiceClientConstructor } } };
    };
    const client = new grpc.health.v1.Health(`127.0.0.1:${tier.tier.grpcPort}`, credentials.createInsecure());
    const answer = await new Promise((resolve, reject) => {
      // A service client has its methods by name, which its type can't know.
      const check = client['Check'] as (
        request: object,
        done: (error: Error | null, answer: unknown) => void,
      ) => void;
      check.call(client, { service: 'inference.GRPCInferenceService' }, (error, value) => {
        if (error === null) resolve(value);
        else reject(error);
      });
    });
    client.close();
    expect(answer).to.deep.equal({ status: 'SERVING' });
  });
});

function askClients({ tier }: TierUnderTest, question: object): Promise<Answers> {
  const script = join(SERVING_ROOT, 'test/clients/inference_clients.py');
  const ports = [String(tier.port), String(tier.grpcPort)];
  return new Promise((resolve, reject) => {
    const child = execFile(trainingPython(), [script, '127.0.0.1', ...ports], (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout) as Answers);
      else reject(new Error(`The clients failed: ${stderr}`));
    });
    child.stdin!.end(JSON.stringify(question));
  });
}
