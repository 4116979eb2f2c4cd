import { expect } from 'chai';
import { Registry } from 'prom-client';
import { RequestError } from '../../../src/errors.js';
import { PredictionMetrics } from '../../../src/metrics/predictions.js';
import { MicroBatcher } from '../../../src/prediction/micro-batcher.js';
import {
  PredictionService,
  type InferenceRequest,
  type ServableLender,
} from '../../../src/prediction/prediction-service.js';
import { FakeServable } from '../../fakes/fake-servable.js';
import { sampleOf } from '../../support/metric-samples.js';
import { rejection } from '../../support/rejection.js';

/** Lends one servable out, and counts what is held. */
class FakeLender implements ServableLender {
  held = 0;
  refusal: RequestError | undefined;
  readonly asked: (string | undefined)[][] = [];

  constructor(readonly servable: FakeServable) {}

  acquire(...asked: [string | undefined, string | undefined]): ReturnType<ServableLender['acquire']> {
    this.asked.push(asked);
    if (this.refusal !== undefined) throw this.refusal;
    this.held += 1;
    return {
      alias: 'champion',
      handle: {
        servable: this.servable.asServable,
        release: () => {
          this.held -= 1;
        },
      },
    };
  }
}

describe('PredictionService', () => {
  let servable: FakeServable;
  let lender: FakeLender;
  let metrics: Registry;
  let service: PredictionService;

  beforeEach(() => {
    servable = new FakeServable();
    lender = new FakeLender(servable);
    metrics = new Registry();
    service = new PredictionService(lender, new MicroBatcher(256), new PredictionMetrics(metrics), 3);
  });

  function of(rows: readonly unknown[], target: Partial<InferenceRequest> = {}): InferenceRequest {
    return { rows: rows.length, encode: (encoder) => encoder.encode(rows), ...target };
  }

  it('answers with the outputs and the servable that computed them', async () => {
    const { servable: id, rows, outputs } = await service.predict(of([[1], [2]]));
    expect([id, rows]).to.deep.equal([servable.id, 2]);
    expect([...outputs[0]!.data]).to.deep.equal([2, 4]);
  });

  it('asks for the model and version that the request names', async () => {
    await service.predict(of([[1]]));
    await service.predict(of([[1]], { model: 'toy', version: '7' }));
    expect(lender.asked).to.deep.equal([
      [undefined, undefined],
      ['toy', '7'],
    ]);
  });

  it('refuses more rows than allowed before it borrows anything', async () => {
    const error = await rejection(service.predict(of([[1], [2], [3], [4]])), RequestError);
    expect(error.code).to.equal('TOO_MANY_ROWS');
    expect(error.message).to.equal('The request has 4 rows; at most 3 are allowed');
    expect(lender.asked).to.deep.equal([]);
    await service.predict(of([[1], [2], [3]]));
  });

  it('gives the servable back after an answer', async () => {
    const answering = service.predict(of([[1]]));
    expect(lender.held).to.equal(1);
    await answering;
    expect(lender.held).to.equal(0);
  });

  it('gives the servable back after rows that do not match its signature', async () => {
    const error = await rejection(service.predict(of([['x']])), RequestError);
    expect(error.code).to.equal('SIGNATURE_MISMATCH');
    expect(lender.held).to.equal(0);
    expect(servable.runs).to.deep.equal([]);
  });

  it('gives the servable back after a failure of the graph, and keeps the details from the client', async () => {
    servable.poison = 4111;
    const error = await rejection(service.predict(of([[4111]])), RequestError);
    expect(error.code).to.equal('PREDICTION_FAILED');
    expect(error.message).to.equal('Model version 1 could not compute these rows');
    expect((error.cause as Error).message).to.include('4111');
    expect(lender.held).to.equal(0);
  });

  it('passes on that there is no model', async () => {
    lender.refusal = new RequestError('MODEL_NOT_READY', 'none yet');
    expect(await rejection(service.predict(of([[1]])), RequestError)).to.equal(lender.refusal);
  });

  it('measures answers by the version that gave them, and only answers', async () => {
    await service.predict(of([[1], [2]]));
    await service.predict(of([[1]]));
    await rejection(service.predict(of([['x']])), RequestError);
    const text = await metrics.metrics();
    const labels = { model: 'toy', model_version: '1', alias: 'champion' };
    expect(sampleOf(text, 'serving_prediction_rows_total', labels)).to.equal(3);
    expect(sampleOf(text, 'serving_prediction_duration_seconds_count', labels)).to.equal(2);
    expect(sampleOf(text, 'serving_prediction_duration_seconds_sum', labels)).to.be.within(0, 1);
  });
});
