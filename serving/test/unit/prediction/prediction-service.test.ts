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
  type Borrowed,
  type PredictionOrder,
  type ServableLender,
  type ServableWish,
} from '../../../src/prediction/prediction-service.js';
import type { ShadowOffer } from '../../../src/prediction/shadow/shadow-runner.js';
import type { RowBatch } from '../../../src/servables/row-batch.js';
import type { RowEncoder } from '../../../src/servables/row-encoder.js';
import { FakeServable } from '../../fakes/fake-servable.js';
import { eventually } from '../../support/eventually.js';
import { sampleOf } from '../../support/metric-samples.js';
import { rejection, thrown } from '../../support/rejection.js';

/** Lends one servable out, and counts what is held. */
class FakeLender implements ServableLender {
  held = 0;
  refusal: RequestError | undefined;
  /** What else is said of the servable that is lent first. */
  first: Partial<Borrowed> = {};
  readonly asked: ServableWish[] = [];

  constructor(public servable: FakeServable) {}

  acquire(wish: ServableWish): Borrowed {
    this.asked.push(wish);
    if (this.refusal !== undefined) throw this.refusal;
    return { ...this.lend(this.servable), ...this.first };
  }

  /** Lends any servable, here as what answers under the alias. */
  lend(servable: FakeServable): Borrowed {
    this.held += 1;
    return {
      alias: 'champion',
      role: 'champion',
      handle: {
        servable: servable.asServable,
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

  let failures: string[];
  let offers: ShadowOffer[];

  beforeEach(() => {
    failures = [];
    offers = [];
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
      {
        failures: {
          failed: ({ servable: { version }, alias, requestId, error }) => {
            failures.push(`${requestId}: ${alias} ${version} failed with ${error.code}`);
          },
          answeredByAnother: ({ servable: { version }, alias }) => {
            failures.push(`${alias} ${version} was answered by another`);
          },
        },
        shadows: {
          offer: (offer) => {
            offers.push(offer);
          },
        },
      },
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
        expect(lender.asked.map(({ model, version }) => [model, version])).to.deep.equal([
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

  describe('where another version may answer', () => {
    const canary = (): FakeServable => other('7');
    let champion: FakeServable;

    /** Another version of the same model. */
    function other(version: string): FakeServable {
      const it = new FakeServable();
      return Object.assign(it, { id: { ...it.id, version } });
    }

    /** The first is lent as the canary, and the champion after it. */
    beforeEach(() => {
      champion = servable;
      lender.servable = canary();
      lender.first = { alias: 'canary', role: 'canary', otherwise: () => lender.lend(champion) };
    });

    for (const [how, ask] of [
      ['rows that it encodes', predict],
      ['rows that somebody else encodes', predictEncoded],
    ] as const) {
      it(`has the champion answer what the canary could not compute (${how})`, async () => {
        lender.servable.poison = 1;
        const { servable: by, ...outputs } = await ask([[1], [2]]);
        expect(by.version).to.equal('1');
        expect([...ownColumns(outputs)[0]!.data]).to.deep.equal([2, 4]);
        expect(failures).to.deep.equal([
          'r-1: canary 7 failed with PREDICTION_FAILED',
          'canary 7 was answered by another',
        ]);
        expectNothingHeld();
      });

      it(`counts an answer for the version that gave it (${how})`, async () => {
        lender.servable.poison = 1;
        await ask([[1], [2]]);
        await ask([[3]]);
        const text = await metrics.metrics();
        const rows = (alias: string) => sampleOf(text, 'serving_prediction_rows_total', { alias });
        expect([rows('champion'), rows('canary')]).to.deep.equal([2, 1]);
      });

      it(`has the standby answer what neither could compute (${how})`, async () => {
        lender.servable.poison = 1;
        champion.poison = 1;
        const standby = other('6');
        lender.first = {
          ...lender.first,
          otherwise: () => ({
            ...lender.lend(champion),
            otherwise: () => ({ ...lender.lend(standby), alias: 'standby', role: 'standby' }),
          }),
        };
        expect((await ask([[1]])).servable.version).to.equal('6');
        expect(failures).to.deep.equal([
          'r-1: canary 7 failed with PREDICTION_FAILED',
          'r-1: champion 1 failed with PREDICTION_FAILED',
          'canary 7 was answered by another',
          'champion 1 was answered by another',
        ]);
        expectNothingHeld();
      });
    }

    it('tells the client of the champion, and counts no answer, where the standby fails too', async () => {
      champion.poison = 1;
      const standby = other('6');
      standby.poison = 1;
      lender.servable = champion;
      lender.first = {
        alias: 'champion',
        role: 'champion',
        otherwise: () => ({ ...lender.lend(standby), alias: 'standby', role: 'standby' }),
      };
      const error = await rejection(predict([[1]]), RequestError);
      expect([error.code, error.message]).to.deep.equal([
        'PREDICTION_FAILED',
        'Model version 1 could not compute these rows',
      ]);
      expect(failures).to.deep.equal([
        'r-1: champion 1 failed with PREDICTION_FAILED',
        'r-1: standby 6 failed with PREDICTION_FAILED',
      ]);
      expectNothingHeld();
    });

    it('tells the client of the canary where there is no champion', async () => {
      lender.servable.poison = 1;
      lender.first = { ...lender.first, otherwise: () => undefined };
      expect((await rejection(predict([[1]]), RequestError)).code).to.equal('PREDICTION_FAILED');
      expect(failures).to.deep.equal(['r-1: canary 7 failed with PREDICTION_FAILED']);
      expectNothingHeld();
    });

    it('takes rows that the canary alone refuses for a failure of the canary', async () => {
      const refusing = lender.servable;
      const request = {
        rows: 1,
        encode: (encoder: RowEncoder, batch: RowBatch) => {
          if (encoder === refusing.encoder) throw new RequestError('SIGNATURE_MISMATCH', 'one feature more');
          encoder.encodeInto(batch, [[1]]);
        },
      };
      const order = { requestId: 'r-1', client: 'a', deadline: Infinity };
      expect((await service.predict(order, request)).servable.version).to.equal('1');
      expect(failures).to.deep.equal([
        'r-1: canary 7 failed with SIGNATURE_MISMATCH',
        'canary 7 was answered by another',
      ]);
    });

    it('takes rows that both refuse for a mistake of the client, and counts nothing', async () => {
      expect((await rejection(predict([['x']]), RequestError)).code).to.equal('SIGNATURE_MISMATCH');
      expect(failures).to.deep.equal([]);
      expectNothingHeld();
    });

    it('asks nobody else once the client waits no longer', async () => {
      const error = await rejection(predict([[1]], { deadline: performance.now() - 1 }), RequestError);
      expect(error.code).to.equal('DEADLINE_EXCEEDED');
      expect(failures).to.deep.equal(['r-1: canary 7 failed with DEADLINE_EXCEEDED']);
      expect(champion.calls).to.deep.equal([]);
    });

    it('answers for the second time what it would refuse by then for the first', async () => {
      lender.servable.poison = 1;
      // While the canary fails, others fill the queue.
      lender.first = {
        ...lender.first,
        otherwise: () => {
          admission.readmit('a', 50 * MAX_QUEUE_MS);
          return lender.lend(champion);
        },
      };
      expect((await predict([[1]])).servable.version).to.equal('1');
    });

    it('does not count who asks for the shadow by name', async () => {
      lender.servable.poison = 2;
      lender.first = { alias: 'shadow', role: 'shadow' };
      await predict([[1]]);
      expect((await rejection(predict([[2]]), RequestError)).code).to.equal('PREDICTION_FAILED');
      expect(failures).to.deep.equal([]);
      expect(await metrics.metrics()).not.to.include('shadow');
    });
  });

  describe('with a shadow', () => {
    const shadow = new FakeServable().asServable;

    it('offers it what the champion has answered, before the client has it', async () => {
      lender.first = { shadow };
      const answering = predict([[1], [2]], { client: 'a' }).then((prediction) => {
        expect(offers).to.have.length(1);
        return prediction;
      });
      const { columns, from, to } = await answering;
      const [offer] = offers;
      expect(offer).to.include({ shadow, champion: servable.asServable, alias: 'champion' });
      expect(offer?.outputs).to.include({ columns, from, to });
      expect(offer?.order.client).to.equal('a');
      expect(offer?.request?.rows).to.equal(2);
      expect(offer?.outputs.graphMs).to.be.above(0);
    });

    it('offers rows that somebody else has encoded without a way to encode them again', async () => {
      lender.first = { shadow };
      await predictEncoded([[1]]);
      expect(offers.map(({ request }) => request)).to.deep.equal([undefined]);
    });

    it('offers nothing that failed, and nothing that it is not given', async () => {
      await predict([[1]]);
      servable.poison = 2;
      lender.first = { shadow };
      await rejection(predict([[2]]), RequestError);
      expect(offers).to.deep.equal([]);
    });
  });
});
