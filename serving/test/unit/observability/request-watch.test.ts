import { expect } from 'chai';
import type { Outcome } from '../../../src/api/observation.js';
import { AccessLog } from '../../../src/observability/access-log.js';
import { LineBudget } from '../../../src/observability/line-budget.js';
import { RequestWatch } from '../../../src/observability/request-watch.js';
import { SkipSampler } from '../../../src/observability/skip-sampler.js';
import type { RequestTracer, TimedStage } from '../../../src/observability/tracing.js';
import { CapturedLog } from '../../fakes/captured-log.js';

const OUTCOME: Outcome = {
  status: 200,
  code: 'ok',
  requestId: 'r-1',
  servable: undefined,
  rows: 1,
  caller: undefined,
};

/** Traces every request whose headers say so, and keeps what it was told. */
class FakeTracer implements RequestTracer {
  readonly ended: { readonly outcome: Outcome; readonly stages: readonly TimedStage[] }[] = [];

  begin(_route: string, headers: Readonly<Record<string, unknown>>): ReturnType<RequestTracer['begin']> {
    if (headers['traced'] === undefined) return undefined;
    return {
      ids: { trace_id: 't', span_id: 's' },
      replyHeaders: { traceresponse: '00-t-s-01' },
      end: (outcome, _durationMs, stages) => {
        this.ended.push({ outcome, stages });
      },
    };
  }
}

describe('RequestWatch', () => {
  function watch(rate: number, tracer?: RequestTracer): { watch: RequestWatch; log: CapturedLog } {
    const log = new CapturedLog();
    const accessLog = new AccessLog(log.logger, new SkipSampler(rate), new LineBudget(10), {
      allowedHeaders: [],
      logsAddresses: false,
    });
    return { watch: new RequestWatch(accessLog, tracer), log };
  }

  it('does not watch what is neither sampled nor traced', () => {
    expect(watch(0, new FakeTracer()).watch.begin('/predict', {})).to.equal(undefined);
    expect(watch(0).watch.begin('/predict', {})).to.equal(undefined);
  });

  it('logs what is sampled, whether it is traced or not', () => {
    const { watch: watching, log } = watch(1, new FakeTracer());
    watching.begin('/predict', {}, 'POST')?.finish(OUTCOME);
    watching.begin('/predict', { traced: '1' }, 'POST')?.finish(OUTCOME);
    expect(log.lines.map((line) => line['trace_id'])).to.deep.equal([undefined, 't']);
  });

  it('traces what is not sampled without logging it', () => {
    const tracer = new FakeTracer();
    const { watch: watching, log } = watch(0, tracer);
    const observation = watching.begin('/predict', { traced: '1' });
    expect(observation?.replyHeaders).to.deep.equal({ traceresponse: '00-t-s-01' });
    expect(observation?.trace).to.deep.equal({ trace_id: 't', span_id: 's' });
    observation?.finish(OUTCOME);
    expect(tracer.ended).to.have.length(1);
    expect(log.lines).to.be.empty;
  });

  it('lets each stage end where the next begins, and the last with the request', () => {
    const tracer = new FakeTracer();
    const { watch: watching, log } = watch(1, tracer);
    const observation = watching.begin('/predict', { traced: '1' })!;
    for (const stage of ['read', 'encode', 'run', 'write'] as const) observation.stage?.(stage);
    observation.finish(OUTCOME);
    const { stages } = tracer.ended[0]!;
    expect(stages.map(({ stage }) => stage)).to.deep.equal(['read', 'encode', 'run', 'write']);
    for (const [i, { startMs, endMs }] of stages.entries()) {
      expect(startMs).to.be.at.most(endMs);
      if (i > 0) expect(startMs).to.equal(stages[i - 1]!.endMs);
    }
    expect(log.lines[0]?.['stages_ms']).to.have.keys('read', 'encode', 'run', 'write');
  });

  it('finishes once', () => {
    const { watch: watching, log } = watch(1);
    const observation = watching.begin('/predict', {});
    observation?.finish(OUTCOME);
    observation?.finish({ ...OUTCOME, status: 500 });
    expect(log.lines).to.have.length(1);
  });

  it('names the method of HTTP, and none for gRPC', () => {
    const { watch: watching, log } = watch(1);
    watching.begin('/predict', {}, 'GET')?.finish(OUTCOME);
    watching.begin('grpc/ModelInfer', {})?.finish(OUTCOME);
    expect(log.lines[0]).to.include({ method: 'GET' });
    expect(log.lines[1]).to.include({ route: 'grpc/ModelInfer' }).and.not.have.property('method');
  });
});
