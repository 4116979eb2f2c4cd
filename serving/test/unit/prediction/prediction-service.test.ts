import { expect } from 'chai';
import { Registry } from 'prom-client';
import { RequestError } from '../../../src/errors.js';
import { PredictionMetrics } from '../../../src/metrics/predictions.js';
import { Admission } from '../../../src/prediction/admission.js';
import { MicroBatcher } from '../../../src/prediction/micro-batcher.js';
import { ownColumns } from '../../../src/prediction/own-columns.js';
import {
  PredictionService,
  type Prediction,
  type PredictionOrder,
  type ServableLender,
} from '../../../src/prediction/prediction-service.js';
import { FakeServable } from '../../fakes/fake-servable.js';
import { eventually } from '../../support/eventually.js';
import { sampleOf } from '../../support/metric-samples.js';
import { rejection, thrown } from '../../support/rejection.js';

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
  const MAX_QUEUE_MS = 100;

  let servable: FakeServable;
  let lender: FakeLender;
  let metrics: Registry;
  let admission: Admission;
  let service: PredictionService;

  beforeEach(() => {
    servable = new FakeServable();
    lender = new FakeLender(servable);
    metrics = new Registry();
    admission = new Admission(MAX_QUEUE_MS);
    service = new PredictionService(
      lender,
      admission,
      new MicroBatcher(256),
      new PredictionMetrics(metrics),
      3,
    );
  });

  function predict(rows: readonly unknown[], order: Partial<PredictionOrder> = {}): Promise<Prediction> {
    return service.predict(
      { requestId: 'r-1', client: 'a', deadline: Infinity, ...order },
      {
        rows: rows.length,
        encode: (encoder, batch) => {
          encoder.encodeInto(batch, rows);
        },
      },
    );
  }

  function predictEncoded(
    rows: readonly unknown[],
    order: Partial<PredictionOrder> = {},
  ): Promise<Prediction> {
    return service.predictEncoded({ requestId: 'r-1', client: 'a', deadline: Infinity, ...order }, (of) =>
      Promise.resolve(of.encoder.encode(rows)),
    );
  }

  /** Everything that a request took while it was answered is there for others again. */
  function expectNothingHeld(): void {
    expect([lender.held, admission.queuedMs, admission.clients]).to.deep.equal([0, 0, 0]);
  }

  for (const [what, ask] of [
    ['rows that it encodes', predict],
    ['rows that somebody else encodes', predictEncoded],
  ] as const) {
    describe(`asked for ${what}`, () => {
      it('answers with the outputs and the servable that computed them', async () => {
        const { servable: id, ...outputs } = await ask([[1], [2]]);
        expect([id, outputs.from, outputs.to]).to.deep.equal([servable.id, 0, 2]);
        expect([...ownColumns(outputs)[0]!.data]).to.deep.equal([2, 4]);
      });

      it('asks for the model and version that the request names', async () => {
        await ask([[1]]);
        await ask([[1]], { model: 'toy', version: '7' });
        expect(lender.asked).to.deep.equal([
          [undefined, undefined],
          ['toy', '7'],
        ]);
      });

      it('holds the servable and a place in the queue as long as it computes', async () => {
        let open!: () => void;
        servable.gate = new Promise((resolve) => {
          open = resolve;
        });
        const answering = ask([[1]]);
        await eventually(() => {
          expect(servable.calls).to.have.length(1);
        });
        expect([lender.held, admission.clients]).to.deep.equal([1, 1]);
        expect(admission.queuedMs).to.be.above(0);
        open();
        await answering;
        expectNothingHeld();
      });

      it('gives both back after rows that do not match the signature', async () => {
        const error = await rejection(ask([['x']]), RequestError);
        expect(error.code).to.equal('SIGNATURE_MISMATCH');
        expectNothingHeld();
        expect(servable.runs).to.deep.equal([]);
      });

      it('gives both back after a failure of the graph, and keeps the details from the client', async () => {
        servable.poison = 4111;
        const error = await rejection(ask([[4111]]), RequestError);
        expect(error.code).to.equal('PREDICTION_FAILED');
        expect(error.message).to.equal('Model version 1 could not compute these rows');
        expect((error.cause as Error).message).to.include('4111');
        expectNothingHeld();
      });

      it('refuses more rows than allowed', async () => {
        const error = await rejection(ask([[1], [2], [3], [4]]), RequestError);
        expect(error.code).to.equal('TOO_MANY_ROWS');
        expect(error.message).to.equal('The request has 4 rows; at most 3 are allowed');
        expectNothingHeld();
        await ask([[1], [2], [3]]);
      });

      it('passes on that there is no model', async () => {
        lender.refusal = new RequestError('MODEL_NOT_READY', 'none yet');
        expect(await rejection(ask([[1]]), RequestError)).to.equal(lender.refusal);
      });

      it('calls no graph for a client that waits no longer', async () => {
        const error = await rejection(ask([[1]], { deadline: performance.now() - 1 }), RequestError);
        expect(error.code).to.equal('DEADLINE_EXCEEDED');
        expect(servable.calls).to.deep.equal([]);
        expectNothingHeld();
      });

      it('refuses what would wait for too long', async () => {
        admission.enter('flooder', MAX_QUEUE_MS, Infinity);
        expect((await rejection(ask([[1]], { client: 'flooder' }), RequestError)).code).to.equal(
          'OVERLOADED',
        );
        expect(servable.calls).to.deep.equal([]);
        await ask([[1]]);
      });

      it('measures answers by the version that gave them, and only answers', async () => {
        await ask([[1], [2]]);
        await ask([[1]]);
        await rejection(ask([['x']]), RequestError);
        const text = await metrics.metrics();
        const labels = { model: 'toy', model_version: '1', alias: 'champion' };
        expect(sampleOf(text, 'serving_prediction_rows_total', labels)).to.equal(3);
        expect(sampleOf(text, 'serving_prediction_duration_seconds_count', labels)).to.equal(2);
        expect(sampleOf(text, 'serving_prediction_duration_seconds_sum', labels)).to.be.within(0, 1);
      });
    });
  }

  it('refuses more rows than allowed before it borrows anything', async () => {
    await rejection(predict([[1], [2], [3], [4]]), RequestError);
    expect(lender.asked).to.deep.equal([]);
  });

  it('holds a place in the queue by what the rows cost', async () => {
    servable.millisecondsPerRow = 3;
    await predict([[1]]);
    const answering = predict([[1], [2], [3]]);
    expect(admission.queuedMs).to.be.at.least(9);
    await answering;
    expectNothingHeld();
  });

  it('counts rows that are computed in pieces as one piece, which is what others wait for', async () => {
    servable.millisecondsPerRow = 20;
    await predict([[1]]);
    const answering = predict([[1], [2], [3]]);
    expect(admission.queuedMs).to.be.within(10, 10.5);
    await answering;
    expectNothingHeld();
  });

  it('tells before a body is read whether there is any use in it', () => {
    admission.enter('flooder', 1.5 * MAX_QUEUE_MS, Infinity);
    admission.enter('b', 1, Infinity);
    service.checkAdmission('b');
    const error = thrown(() => {
      service.checkAdmission('flooder');
    }, RequestError);
    expect(error.code).to.equal('RATE_LIMITED');
  });
});
