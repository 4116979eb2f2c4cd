import { expect } from 'chai';
import type { WorkerAnswer } from '../../../src/api/replica.js';
import {
  NO_TRAFFIC,
  type ModelStatus,
  type StatusReport,
  type TrafficStatus,
  type WorkerReport,
} from '../../../src/api/status-report.js';
import { combinedStatus } from '../../../src/workers/combined-status.js';

const CHURN = { name: 'churn', alias: 'champion' };
const FRAUD = { name: 'fraud', alias: 'champion' };

function minute(minutes: number): Date {
  return new Date(Date.UTC(2024, 0, 1, 12, minutes));
}

interface Wish {
  /** Version that answers, and since which minute. */
  readonly available?: readonly [version: string, since: number];
  /** Version that the alias pointed at, and the minute in which that was seen. */
  readonly aliased?: readonly [version: string, at: number];
  readonly model?: { readonly name: string; readonly alias: string };
  readonly more?: Partial<ModelStatus>;
}

function model({ available, aliased, model: { name, alias } = CHURN, more }: Wish): ModelStatus {
  return {
    model_name: name,
    alias,
    serving_from: available === undefined ? 'nothing' : 'registry',
    available:
      available === undefined
        ? null
        : { version: available[0], digest: `sha256:${available[0]}`, since: minute(available[1]) },
    trained: null,
    servables: [],
    registry: {
      reachable: true,
      checked_at: aliased === undefined ? null : minute(aliased[1]),
      aliased_version: aliased?.[0] ?? null,
      error: null,
    },
    last_failure: null,
    traffic: NO_TRAFFIC,
    history: [],
    ...more,
  };
}

function report(wish: Wish | readonly Wish[], serving = true): WorkerReport {
  const [first, ...others] = [wish].flat().map((one) => model(one));
  const models = [first!, ...others] as const;
  return { serving, ready: models.every(({ available }) => available !== null), models };
}

function combine(...reports: readonly (WorkerReport | undefined)[]): StatusReport {
  const answers = reports.map((answer, i): WorkerAnswer<'status'> => ({
    worker: { id: i + 1, pid: 100 + i },
    answer,
  }));
  return combinedStatus(true, [CHURN], answers, answers.length);
}

describe('combinedStatus', () => {
  it('is what the only worker says', () => {
    const only = report({ available: ['1', 0], aliased: ['1', 5] });
    const { workers, workers_wanted: wanted, ready, models, ...first } = combine(only);
    expect(first).to.deep.equal(only.models[0]);
    expect(models).to.deep.equal(only.models);
    expect(ready).to.equal(true);
    expect(workers).to.have.length(1);
    expect(wanted).to.equal(1);
  });

  it('serves a version when all workers do, since the first of them did', () => {
    const { available } = combine(
      report({ available: ['2', 7], aliased: ['2', 8] }),
      report({ available: ['2', 6], aliased: ['2', 8] }),
    );
    expect(available).to.deep.equal({ version: '2', digest: 'sha256:2', since: minute(6) });
  });

  describe('while workers differ shows the one that is behind,', () => {
    const cases: readonly (readonly [what: string, workers: readonly Wish[], shown: string | null])[] = [
      [
        'in a promotion',
        [
          { available: ['2', 7], aliased: ['2', 8] },
          { available: ['1', 1], aliased: ['2', 8] },
        ],
        '1',
      ],
      [
        'which may not have looked at the alias since',
        [
          { available: ['1', 1], aliased: ['1', 6] },
          { available: ['2', 7], aliased: ['2', 8] },
        ],
        '1',
      ],
      [
        'in a rollback to a version that is in memory and so the older one',
        [
          { available: ['1', 1], aliased: ['1', 8] },
          { available: ['2', 5], aliased: ['2', 6] },
        ],
        '2',
      ],
      [
        'where all are behind the one that is furthest',
        [
          { available: ['2', 7], aliased: ['3', 8] },
          { available: ['1', 1], aliased: ['3', 8] },
        ],
        '1',
      ],
      ['which may have none', [{ available: ['2', 7], aliased: ['2', 8] }, { aliased: ['2', 8] }], null],
    ];
    for (const [what, workers, shown] of cases) {
      for (const order of ['', ' in the other order'] as const) {
        it(`${what}${order}`, () => {
          const reports = workers.map((wish) => report(wish));
          const { available } = combine(...(order === '' ? reports : reports.toReversed()));
          expect(available?.version ?? null).to.equal(shown);
        });
      }
    }

    it('also where the version is one and the bytes are two', () => {
      const other = { version: '2', digest: 'sha256:other', since: minute(1) };
      const { available } = combine(
        report({ available: ['2', 7], aliased: ['2', 8] }),
        report({ aliased: ['2', 8], more: { available: other } }),
      );
      expect(available?.digest).to.equal('sha256:other');
    });
  });

  it('does not ask workers that take no requests yet, but lists them', () => {
    const { available, workers } = combine(
      report({ available: ['1', 1], aliased: ['1', 8] }),
      report({ aliased: ['1', 8] }, false),
      undefined,
    );
    expect(available?.version).to.equal('1');
    expect(workers.map(({ id, pid, serving, ready }) => [id, pid, serving, ready])).to.deep.equal([
      [1, 100, true, true],
      [2, 101, false, false],
      [3, 102, false, false],
    ]);
    expect(workers.map((worker) => worker.available?.version)).to.deep.equal(['1', undefined, undefined]);
  });

  it('names what is to be served where no worker says anything', () => {
    const { model_name: name, alias, available, serving_from: from, models } = combine(undefined);
    expect([name, alias, available, from, models.length]).to.deep.equal([
      'churn',
      'champion',
      null,
      'nothing',
      1,
    ]);
  });

  it('adds what is in flight on a version, for each of its states', () => {
    const servable = (state: 'available' | 'quiescing', since: number, inFlight: number) => ({
      version: '1',
      digest: 'sha256:1',
      state,
      since: minute(since),
      in_flight: inFlight,
    });
    const { servables } = combine(
      report({ more: { servables: [servable('available', 3, 2)] } }),
      report({ more: { servables: [servable('available', 2, 5)] } }),
      report({ more: { servables: [servable('quiescing', 4, 1)] } }),
    );
    expect(servables).to.deep.equal([servable('available', 2, 7), servable('quiescing', 4, 1)]);
  });

  it('shows the registry as the worker sees it that can not reach it', () => {
    const registry = { reachable: false, checked_at: minute(9), aliased_version: '1', error: 'refused' };
    const combined = combine(
      report({ available: ['1', 1], aliased: ['1', 8] }),
      report({ available: ['1', 1], more: { registry, serving_from: 'last_known_good' } }),
    );
    expect(combined.registry).to.deep.equal(registry);
    expect(combined.serving_from).to.equal('last_known_good');
  });

  it('shows the latest failure of any', () => {
    const failure = (version: string, at: number) => ({
      version,
      digest: `sha256:${version}`,
      code: 'DIGEST_MISMATCH' as const,
      message: 'no',
      at: minute(at),
      retry_at: minute(at + 1),
      failures: 1,
    });
    const combined = combine(
      report({ more: { last_failure: failure('2', 4) } }),
      report({ more: { last_failure: failure('3', 6) } }),
      report({}),
    );
    expect(combined.last_failure?.version).to.equal('3');
  });

  it('combines each model by itself', () => {
    const answers: WorkerAnswer<'status'>[] = [
      report([
        { available: ['2', 7], aliased: ['2', 8] },
        { available: ['5', 1], aliased: ['6', 8], model: FRAUD },
      ]),
      report([
        { available: ['1', 1], aliased: ['2', 8] },
        { available: ['6', 7], aliased: ['6', 8], model: FRAUD },
      ]),
    ].map((answer, i) => ({ worker: { id: i + 1, pid: 100 + i }, answer }));
    const { models, available } = combinedStatus(true, [CHURN, FRAUD], answers, answers.length);
    expect(models.map((one) => [one.model_name, one.available?.version])).to.deep.equal([
      ['churn', '1'],
      ['fraud', '5'],
    ]);
    expect(available?.version).to.equal('1');
  });

  it('tells what all workers did as one event, when the last of them had done it', () => {
    const event = (kind: 'loaded' | 'unloaded', version: string, at: number) =>
      ({ kind, version, digest: `sha256:${version}`, at: minute(at) }) as const;
    const one = [event('unloaded', '1', 9), event('loaded', '2', 8), event('loaded', '1', 1)];
    const other = [event('loaded', '2', 7), event('loaded', '1', 2)];
    const { history } = combine(report({ more: { history: one } }), report({ more: { history: other } }));
    expect(history).to.deep.equal([
      event('unloaded', '1', 9),
      event('loaded', '2', 8),
      event('loaded', '1', 2),
    ]);
  });

  it('tells what happened twice as two events, also when one worker knows only of the second', () => {
    const loaded = (at: number) =>
      ({ kind: 'loaded', version: '1', digest: 'sha256:1', at: minute(at) }) as const;
    const { history } = combine(
      report({ more: { history: [loaded(5), loaded(1)] } }),
      report({ more: { history: [loaded(6)] } }),
    );
    expect(history).to.deep.equal([loaded(6), loaded(1)]);
  });

  describe('of the traffic policy', () => {
    const withTraffic = (canary: TrafficStatus['canary'], problem: string | null = null) =>
      report({ more: { traffic: { ...NO_TRAFFIC, canary, problem } } });
    const canary = (percent: number, available = true) => ({ version: '7', percent, available });

    it('says that a version is available when it is in all workers', () => {
      expect(combine(withTraffic(canary(5)), withTraffic(canary(5))).traffic).to.deep.equal({
        ...NO_TRAFFIC,
        canary: canary(5),
      });
      expect(combine(withTraffic(canary(5)), withTraffic(canary(5, false))).traffic.canary).to.deep.equal(
        canary(5, false),
      );
    });

    for (const [what, other] of [
      ['another share', canary(25)],
      ['another version', { ...canary(5), version: '8' }],
      ['none yet', null],
    ] as const) {
      it(`has whoever waits for it go on waiting while a worker has ${what}`, () => {
        for (const workers of [
          [canary(5), other],
          [other, canary(5)],
        ]) {
          const { traffic } = combine(...workers.map((status) => withTraffic(status)));
          expect(traffic.canary?.available ?? false).to.equal(false);
          expect(traffic.problem).to.equal('The workers do not have the same policy yet');
        }
      });
    }

    it('says what is wrong once, where it is wrong in all workers', () => {
      const wrong = withTraffic(canary(5, false), 'version 7 is not in the registry');
      expect(combine(wrong, wrong).traffic.problem).to.equal('version 7 is not in the registry');
    });
  });
});
