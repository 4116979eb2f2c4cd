import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Outcome } from '../../../src/api/observation.js';
import { AccessLog, type AccessEntry } from '../../../src/observability/access-log.js';
import { LineBudget } from '../../../src/observability/line-budget.js';
import { SkipSampler } from '../../../src/observability/skip-sampler.js';
import { CapturedLog, type LogLine } from '../../fakes/captured-log.js';

const TRACE = 'abcdef0123456789abcdef0123456789';
const ANSWERED: Outcome = {
  status: 200,
  code: 'ok',
  requestId: 'r-1',
  servable: { modelName: 'toy', version: '7', digest: `sha256:${'ab'.repeat(32)}` },
  rows: 3,
  caller: { id: 'team-a', authenticated: true },
};
const REFUSED: Outcome = {
  status: 422,
  code: 'SIGNATURE_MISMATCH',
  requestId: 'r-2',
  servable: undefined,
  rows: undefined,
  caller: { id: '10.1.2.3', authenticated: false },
};

interface Options {
  readonly allowedHeaders?: readonly string[];
  readonly logsAddresses?: boolean;
  readonly refusals?: LineBudget;
}

function write(entry: Partial<AccessEntry>, options: Options = {}, times = 1): readonly LogLine[] {
  const log = new CapturedLog();
  const accessLog = new AccessLog(log.logger, new SkipSampler(1), options.refusals ?? new LineBudget(100), {
    allowedHeaders: options.allowedHeaders ?? [],
    logsAddresses: options.logsAddresses ?? false,
  });
  for (let i = 0; i < times; i += 1) {
    accessLog.write({
      route: '/predict',
      method: 'POST',
      headers: {},
      trace: undefined,
      outcome: ANSWERED,
      durationMs: 1.23456,
      stages: [],
      ...entry,
    });
  }
  return log.lines;
}

describe('AccessLog', () => {
  it('says of an answer what was asked, who answered and how long it took', () => {
    const [line] = write({
      trace: { trace_id: TRACE, span_id: '0123456789abcdef' },
      stages: [
        ['read', 0.1],
        ['run', 1.0001],
      ],
    });
    const { time, ...fields } = line!;
    expect(time).not.to.equal(undefined);
    expect(fields).to.deep.equal({
      level: 30,
      request_id: 'r-1',
      trace_id: TRACE,
      span_id: '0123456789abcdef',
      route: '/predict',
      method: 'POST',
      status: 200,
      code: 'ok',
      duration_ms: 1.235,
      stages_ms: { read: 0.1, run: 1 },
      rows: 3,
      model: 'toy',
      version: '7',
      digest: 'sha256:abababababab',
      caller: 'team-a',
      msg: 'request',
    });
  });

  it('names the trace that a client is in, where the request is not traced here', () => {
    const [line] = write({ headers: { traceparent: `00-${TRACE}-0123456789abcdef-00` } });
    expect(line).to.include({ trace_id: TRACE }).and.not.have.property('span_id');
  });

  it('does not repeat a traceparent that is none', () => {
    const [line] = write({ headers: { traceparent: 'x-secret-y' } });
    expect(JSON.stringify(line)).not.to.include('secret');
  });

  it('logs no header, unless it is allowed by its name', () => {
    const headers = { 'user-agent': 'curl', authorization: 'Bearer abc', 'x-income': '50000' };
    expect(JSON.stringify(write({ headers }))).not.to.match(/curl|abc|50000/);
    const [line] = write({ headers }, { allowedHeaders: ['user-agent', 'x-team'] });
    expect(line?.['headers']).to.deep.equal({ 'user-agent': 'curl' });
    expect(JSON.stringify(line)).not.to.match(/abc|50000/);
  });

  it('cuts the value of an allowed header that is long', () => {
    const [line] = write({ headers: { 'x-team': 'a'.repeat(5_000) } }, { allowedHeaders: ['x-team'] });
    expect(JSON.stringify(line)).to.have.length.below(700);
  });

  it('names a caller without a name by its address only where that is allowed', () => {
    expect(write({ outcome: REFUSED })[0]).not.to.have.property('caller');
    expect(write({ outcome: REFUSED }, { logsAddresses: true })[0]).to.include({ caller: '10.1.2.3' });
  });

  it('gives a flood of refusals so many lines a second, and says how many are missing', () => {
    let nowMs = 0;
    const refusals = new LineBudget(2, () => nowMs);
    expect(write({ outcome: REFUSED }, { refusals }, 1_000)).to.have.length(2);
    nowMs = 1_000;
    expect(write({ outcome: REFUSED }, { refusals })[0]).to.include({ lines_withheld: 998 });
  });

  it('does not withhold answers because of refusals', () => {
    expect(write({}, { refusals: new LineBudget(0) }, 50)).to.have.length(50);
  });

  it('has only fields that the index of logs maps', () => {
    const [line] = write(
      { trace: { trace_id: TRACE, span_id: '0123456789abcdef' }, stages: [['run', 1]] },
      { logsAddresses: true },
    );
    const template = JSON.parse(
      readFileSync(
        new URL('../../../../monitoring/logging/elasticsearch/index-template.json', import.meta.url),
        'utf8',
      ),
    ) as { template: { mappings: { properties: { attributes: { properties: object } } } } };
    const mapped = Object.keys(template.template.mappings.properties.attributes.properties);
    // The collector makes those into the record's own; durations of stages are numbers of any name.
    const own = ['time', 'level', 'msg', 'trace_id', 'span_id', 'stages_ms'];
    expect([...mapped, ...own]).to.include.members(Object.keys(line!));
  });
});
