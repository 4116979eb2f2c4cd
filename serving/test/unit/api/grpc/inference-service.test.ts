import { Metadata, status, type ServerErrorResponse, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { expect } from 'chai';
import { Registry } from 'prom-client';
import type { Caller } from '../../../../src/api/access/caller.js';
import { inferenceService } from '../../../../src/api/grpc/inference-service.js';
import type { ModelInferResponse } from '../../../../src/api/grpc/messages.js';
import { UnreadableMessage } from '../../../../src/api/grpc/readable-service.js';
import type { Outcome, Stage } from '../../../../src/api/observation.js';
import { encodeElements } from '../../../../src/api/protocols/open-inference-binary.js';
import { REQUEST_ERRORS, RequestError, type RequestErrorCode } from '../../../../src/errors.js';
import { PredictionMetrics } from '../../../../src/metrics/predictions.js';
import { RequestMetrics } from '../../../../src/metrics/requests.js';
import { Admission } from '../../../../src/prediction/admission.js';
import { MicroBatcher } from '../../../../src/prediction/micro-batcher.js';
import { PredictionService } from '../../../../src/prediction/prediction-service.js';
import { TrafficRouter } from '../../../../src/prediction/traffic-router.js';
import { ModelDirectory } from '../../../../src/servables/model-directory.js';
import type { ServableManager } from '../../../../src/servables/servable-manager.js';
import { CapturedLog } from '../../../fakes/captured-log.js';
import { FakeServable } from '../../../fakes/fake-servable.js';
import { sampleOf } from '../../../support/metric-samples.js';

const MAX_ROWS = 5;
const MAX_QUEUE_MS = 100;

interface Answer {
  readonly error: Partial<ServerErrorResponse> | null;
  readonly body: unknown;
  /** Headers of an answer, trailers of a refusal. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly peer?: string;
  /** As the library has it: Infinity, or by the clock on the wall. */
  readonly deadline?: Date | number;
}

type Handler = (
  call: object,
  callback: (error: Partial<ServerErrorResponse> | null, body?: unknown) => void,
) => void;

/** A message as the library hands it over, for these values of the fake's one feature. */
function messageOf(x: readonly number[], overrides: object = {}) {
  return {
    model_name: '',
    model_version: '',
    id: '',
    inputs: [
      { name: 'features', datatype: 'FP64', shape: [x.length, 1], contents: { fp64_contents: [...x] } },
    ],
    outputs: [],
    raw_input_contents: [],
    ...overrides,
  };
}

describe('the handlers of the inference service', () => {
  let servable: FakeServable;
  let available: boolean;
  let held: number;
  let caller: Caller | RequestError;
  let identified: unknown[][];
  let admission: Admission;
  let log: CapturedLog;
  let registry: Registry;
  let observed: { stages: Stage[]; outcomes: Outcome[] };
  let handlers: UntypedServiceImplementation;

  beforeEach(() => {
    servable = new FakeServable();
    available = true;
    held = 0;
    caller = { id: 'tester', authenticated: true };
    identified = [];
    admission = new Admission(MAX_QUEUE_MS);
    log = new CapturedLog();
    registry = new Registry();
    observed = { stages: [], outcomes: [] };
    const manager = {
      get champion() {
        return available ? servable.asServable : undefined;
      },
      acquire() {
        if (!available) throw new RequestError('MODEL_NOT_READY', 'not yet');
        held += 1;
        return { servable: servable.asServable, release: () => (held -= 1) };
      },
    } as unknown as ServableManager;
    const models = new ModelDirectory([{ name: 'toy', alias: 'champion', manager }]);
    handlers = inferenceService({
      service: new PredictionService(
        new TrafficRouter(models),
        admission,
        new MicroBatcher(4),
        new PredictionMetrics(registry),
        MAX_ROWS,
      ),
      models,
      health: { isReady: () => available },
      metrics: new RequestMetrics(registry),
      log: log.logger,
      access: {
        identify(...asked) {
          identified.push(asked);
          if (caller instanceof RequestError) throw caller;
          return caller;
        },
      },
      defaultModel: 'toy',
      observer: {
        begin: () => ({
          replyHeaders: { traceresponse: '00-1-2-01' },
          stage: (stage) => observed.stages.push(stage),
          finish: (outcome) => observed.outcomes.push(outcome),
        }),
      },
    });
  });

  afterEach(() => {
    expect([held, admission.queuedMs, admission.clients], 'everything is given back').to.deep.equal([
      0, 0, 0,
    ]);
    expect(observed.outcomes.length, 'a call ends once').to.be.at.most(1);
  });

  function call(method: string, request: object, options: CallOptions = {}): Promise<Answer> {
    const { headers = {}, peer = '10.0.0.7:5000', deadline = Infinity } = options;
    const metadata = new Metadata();
    for (const [key, value] of Object.entries(headers)) metadata.set(key, value);
    let sent = new Metadata();
    return new Promise((resolve) => {
      const serverCall = {
        request,
        metadata,
        getPeer: () => peer,
        getDeadline: () => deadline,
        sendMetadata: (initial: Metadata) => (sent = initial),
      };
      (handlers[method] as Handler)(serverCall, (error, body) => {
        resolve({ error, body, metadata: (error?.metadata ?? sent).getMap() });
      });
    });
  }

  function infer(request: object, options?: CallOptions): Promise<Answer> {
    return call('ModelInfer', request, options);
  }

  async function expectRefusal(answer: Promise<Answer>, code: RequestErrorCode): Promise<Answer> {
    const { error, body, metadata } = await answer;
    expect(error?.details, 'a sentence').to.match(/\w{3}/);
    expect([error?.code, metadata['x-error-code']]).to.deep.equal([status[REQUEST_ERRORS[code].grpc], code]);
    expect(body).to.equal(undefined);
    return { error, body, metadata };
  }

  describe('ModelInfer', () => {
    it('answers the rows that were asked about, in the form in which they came', async () => {
      const typed = await infer(messageOf([1, 2, 3], { id: 'q-1' }));
      expect(typed.error).to.equal(null);
      const body = typed.body as ModelInferResponse;
      expect(body).to.deep.include({ model_name: 'toy', model_version: '1', id: 'q-1' });
      expect(body.outputs.map(({ name, shape }) => [name, shape])).to.deep.equal([
        ['double', [3]],
        ['pair', [3, 2]],
        ['words', [3, 2]],
        ['count', [3]],
      ]);
      expect(body.outputs[0]!.contents).to.deep.equal({ fp64_contents: [2, 4, 6] });
      const bytes = encodeElements(Float64Array.of(5, 6));
      const raw = await infer(
        messageOf([], {
          inputs: [{ name: 'features', datatype: 'FP64', shape: [2, 1], contents: null }],
          raw_input_contents: [bytes],
          outputs: [{ name: 'double' }],
        }),
      );
      const { outputs, raw_output_contents: rawOutputs } = raw.body as ModelInferResponse;
      expect(outputs).to.deep.equal([{ name: 'double', datatype: 'FP64', shape: [2] }]);
      expect(rawOutputs).to.deep.equal([encodeElements(Float64Array.of(10, 12))]);
      observed.outcomes.splice(1);
    });

    it('gives each of several calls in one batch its own rows', async () => {
      const answers = await Promise.all([[1], [2, 3], [4]].map((x) => infer(messageOf(x))));
      expect(servable.runs).to.deep.equal([4]);
      expect(
        answers.map(({ body }) => (body as ModelInferResponse).outputs[0]!.contents?.fp64_contents),
      ).to.deep.equal([[2], [4, 6], [8]]);
      observed.outcomes.splice(1);
    });

    it('names version, digest and request in the headers of the answer', async () => {
      const { metadata } = await infer(messageOf([1]), { headers: { 'x-request-id': 'r-1' } });
      expect(metadata).to.deep.include({
        'x-model-version': '1',
        'x-model-digest': servable.id.digest,
        'x-request-id': 'r-1',
        traceresponse: '00-1-2-01',
      });
    });

    it('repeats no request id that could do harm', async () => {
      const { metadata } = await infer(messageOf([1]), { headers: { 'x-request-id': 'a b"c' } });
      expect(metadata['x-request-id']).to.match(/^[\da-f-]{36}$/);
    });

    it('answers exactly the version in the message or in x-model-version', async () => {
      for (const [message, headers] of [
        [{ model_version: '1' }, {}],
        [{}, { 'x-model-version': '1' }],
        [{ model_version: '1' }, { 'x-model-version': '1' }],
      ] as const) {
        expect((await infer(messageOf([1], message), { headers })).error).to.equal(null);
      }
      for (const [message, headers, code] of [
        [{ model_version: '2' }, {}, 'VERSION_NOT_AVAILABLE'],
        [{}, { 'x-model-version': '2' }, 'VERSION_NOT_AVAILABLE'],
        [{ model_version: '1' }, { 'x-model-version': '2' }, 'INVALID_REQUEST'],
      ] as const) {
        await expectRefusal(infer(messageOf([1], message), { headers }), code);
      }
      expect(servable.runs, 'nothing is computed for a version that was not asked for').to.have.length(3);
      observed.outcomes.splice(1);
    });

    const refused: Record<string, [request: object, code: RequestErrorCode]> = {
      'a message that could not be read': [new UnreadableMessage(new Error('index 4111')), 'INVALID_REQUEST'],
      'no inputs': [messageOf([], { inputs: [] }), 'INVALID_REQUEST'],
      FP16: [
        messageOf([], { inputs: [{ name: 'features', datatype: 'FP16', shape: [1, 1], contents: null }] }),
        'INVALID_REQUEST',
      ],
      'another model': [messageOf([1], { model_name: 'else' }), 'MODEL_NOT_FOUND'],
      'too many rows': [messageOf(Array<number>(MAX_ROWS + 1).fill(1)), 'TOO_MANY_ROWS'],
      'an announcement of too many rows': [
        messageOf([], {
          inputs: [{ name: 'features', datatype: 'FP64', shape: [1e9, 1], contents: null }],
        }),
        'TOO_MANY_ROWS',
      ],
      'a negative number of rows': [
        messageOf([], {
          inputs: [{ name: 'features', datatype: 'FP64', shape: [-1e9, 1], contents: null }],
        }),
        'INVALID_REQUEST',
      ],
      'no rows': [messageOf([]), 'SIGNATURE_MISMATCH'],
      'a value that does not fit': [messageOf([Infinity]), 'SIGNATURE_MISMATCH'],
      'an output that there is not': [messageOf([1], { outputs: [{ name: 'rating' }] }), 'INVALID_REQUEST'],
    };
    for (const [what, [request, code]] of Object.entries(refused)) {
      it(`refuses ${what}: ${code}`, async () => {
        const { metadata, error } = await expectRefusal(
          infer(request, { headers: { 'x-request-id': 'r' } }),
          code,
        );
        expect(metadata).to.deep.include({ 'x-request-id': 'r', 'x-model-version': 'none' });
        expect(error!.details).not.to.include('4111');
        const { status: httpStatus } = REQUEST_ERRORS[code];
        expect(observed.outcomes[0]).to.include({ status: httpStatus, code, requestId: 'r' });
        const labels = { route: 'grpc/ModelInfer', status: String(httpStatus), code };
        expect(sampleOf(await registry.metrics(), 'serving_requests_total', labels)).to.equal(1);
        expect(log.errors, 'what clients do wrong is no error of this side').to.deep.equal([]);
      });
    }

    it('refuses while there is no model', async () => {
      available = false;
      await expectRefusal(infer(messageOf([1])), 'MODEL_NOT_READY');
    });

    it('says that the graph failed, and why in the log alone', async () => {
      servable.poison = 4_111;
      const { error } = await expectRefusal(infer(messageOf([4_111])), 'PREDICTION_FAILED');
      expect(error!.details).not.to.include('4111');
      expect(log.errors[0]).to.include({ code: 'PREDICTION_FAILED', cause: "the graph can't compute 4111" });
      expect(observed.outcomes[0]!.cause).to.be.instanceOf(Error);
    });

    it('calls what nobody foresaw a fault of this side, without a word of it', async () => {
      const request = messageOf([1]);
      Object.defineProperty(request, 'inputs', {
        get: () => {
          throw new Error('at line 4111');
        },
      });
      const { error } = await expectRefusal(infer(request), 'INTERNAL');
      expect(error!.details).not.to.include('4111');
      expect(log.errors[0]).to.include({ code: 'INTERNAL', cause: 'at line 4111' });
    });

    it('computes before its deadline', async () => {
      for (const deadline of [Infinity, Date.now() + 60_000, new Date(Date.now() + 60_000)]) {
        expect((await infer(messageOf([1]), { deadline })).error).to.equal(null);
      }
      observed.outcomes.splice(1);
    });

    it('computes nothing after its deadline', async () => {
      for (const deadline of [Date.now() - 1, new Date(Date.now() - 1)]) {
        await expectRefusal(infer(messageOf([1]), { deadline }), 'DEADLINE_EXCEEDED');
      }
      expect(servable.runs).to.deep.equal([]);
      observed.outcomes.splice(1);
    });

    it('computes nothing for a call whose deadline passes while it waits', async () => {
      let open = (): void => undefined;
      servable.gate = new Promise((resolve) => (open = resolve));
      const first = infer(messageOf([1]));
      while (servable.runs.length === 0) await new Promise((resolve) => setImmediate(resolve));
      const deadline = Date.now() + 20;
      const late = infer(messageOf([2]), { deadline });
      while (Date.now() <= deadline + 1) await new Promise((resolve) => setImmediate(resolve));
      open();
      expect((await first).error).to.equal(null);
      await expectRefusal(late, 'DEADLINE_EXCEEDED');
      expect(servable.calls).to.deep.equal([[1]]);
      observed.outcomes.splice(1);
    });

    it('refuses what can not be done in time, and tells a flooder from others', async () => {
      admission.enter('tester', 1.5 * MAX_QUEUE_MS, Infinity);
      await expectRefusal(infer(messageOf([1])), 'OVERLOADED');
      admission.enter('other', 1, Infinity);
      await expectRefusal(infer(messageOf([1])), 'RATE_LIMITED');
      admission.leave('other', 1);
      admission.leave('tester', 1.5 * MAX_QUEUE_MS);
      observed.outcomes.splice(1);
    });

    it('says which stage it is at, and what came of it', async () => {
      await infer(messageOf([1, 2]));
      expect(observed.stages).to.deep.equal(['read', 'encode', 'run', 'write']);
      expect(observed.outcomes[0]).to.deep.include({
        status: 200,
        code: 'ok',
        servable: servable.id,
        rows: 2,
        caller,
      });
    });
  });

  describe('access', () => {
    it('is asked with credentials and address alone', async () => {
      const asked = { 'x-api-key': 'k', authorization: 'Bearer t', 'x-forwarded-for': '10.1.1.1' };
      const headers = { ...asked, 'x-other': 'o' };
      await call('ServerLive', {}, { headers, peer: '10.0.0.7:5000' });
      await call('ModelReady', { name: '', version: '' }, { peer: '2001:db8::1:5000' });
      expect(identified).to.deep.equal([
        ['grpc/ServerLive', asked, '10.0.0.7'],
        [
          'grpc/ModelReady',
          { 'x-api-key': undefined, authorization: undefined, 'x-forwarded-for': undefined },
          '2001:db8::1',
        ],
      ]);
      observed.outcomes.splice(1);
    });

    it('is refused before anything is said about message or model', async () => {
      caller = new RequestError('UNAUTHORIZED', 'no credential');
      await expectRefusal(infer(new UnreadableMessage(new Error('x'))), 'UNAUTHORIZED');
      caller = { id: 'limited', authenticated: true, models: new Set(['else']) };
      for (const [method, request] of [
        ['ModelInfer', messageOf([], { inputs: [] })],
        ['ModelReady', { name: 'toy', version: '9' }],
        ['ModelMetadata', { name: '', version: '9' }],
      ] as const) {
        await expectRefusal(call(method, request), 'FORBIDDEN');
      }
      observed.outcomes.splice(1);
    });
  });

  describe('the other methods', () => {
    it('say what is alive and ready', async () => {
      for (const ready of [true, false]) {
        available = ready;
        expect((await call('ServerLive', {})).body).to.deep.equal({ live: true });
        expect((await call('ServerReady', {})).body).to.deep.equal({ ready });
        expect((await call('ModelReady', { name: 'toy', version: '' })).body).to.deep.equal({ ready });
      }
      await expectRefusal(call('ModelReady', { name: 'else', version: '' }), 'MODEL_NOT_FOUND');
      observed.outcomes.splice(1);
    });

    it('describe a model, and name what was described', async () => {
      const { body, metadata } = await call('ModelMetadata', { name: '', version: '1' });
      expect(body).to.deep.include({
        name: 'toy',
        versions: ['1'],
        inputs: [{ name: 'features', datatype: 'FP64', shape: [-1, 1] }],
      });
      expect(metadata).to.include({ 'x-model-version': '1', 'x-model-digest': servable.id.digest });
      available = false;
      await expectRefusal(call('ModelMetadata', { name: '', version: '' }), 'MODEL_NOT_READY');
      observed.outcomes.splice(1);
    });
  });
});
