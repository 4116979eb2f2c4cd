import { expect } from 'chai';
import { AttackMetrics } from '../../../../local/attack/attack-metrics.js';
import { Attack, type AttackPlan } from '../../../../local/attack/attack.js';
import type { AttackMessage } from '../../../../local/attack/messages.js';
import { sampleOf } from '../../../support/metric-samples.js';

const PLAN: AttackPlan = {
  ramp: { startRate: 100, stepRate: 100, stepSeconds: 10, maxRate: 300, maxSeconds: 40 },
  mixture: { malformedShare: 0.1, oversizedShare: 0, messageBytes: 0, oversizedBytes: 0, keys: 'many' },
  rows: ['{"age":40}'],
  run: 'test',
};

describe('an attack', () => {
  let nowMs: number;
  let sent: AttackMessage[];
  let metrics: AttackMetrics;
  let answer: () => Promise<void>;
  let release: () => void;
  let standstill: Promise<void>;
  let attack: Attack;

  beforeEach(() => {
    nowMs = 1_000;
    sent = [];
    metrics = new AttackMetrics();
    answer = () => Promise.resolve();
    standstill = new Promise((resolve) => {
      release = resolve;
    });
    start();
  });

  afterEach(async () => {
    release();
    await attack.stop();
  });

  function start(plan = PLAN): void {
    attack = new Attack(
      plan,
      (messages) => {
        sent.push(...messages);
        return answer();
      },
      metrics,
      () => nowMs,
    );
    attack.start();
  }

  function at(second: number): void {
    nowMs = 1_000 + second * 1_000;
    attack.offerWhatIsDue();
  }

  it('offers what is due by the clock, also when nobody looked for a while', () => {
    at(1);
    expect(sent).to.have.length(100);
    at(15);
    expect(sent).to.have.length(1_000 + 1_000);
    expect(new Set(sent.map(({ key }) => key)).size).to.equal(2_000);
  });

  it('does not wait for answers', () => {
    answer = () => standstill;
    at(1);
    at(2);
    expect(sent).to.have.length(200);
  });

  it('ends by itself, and never offers more than its ramp', () => {
    expect(attack.isOver).to.equal(false);
    at(1_000);
    expect(attack.isOver).to.equal(true);
    expect(sent).to.have.length(1_000 + 2_000 + 3_000 + 3_000);
  });

  it('holds back what a broker that stands still could not take, and says how much', async () => {
    answer = () => standstill;
    await attack.stop();
    start({ ...PLAN, ramp: { ...PLAN.ramp, startRate: 10_000, maxRate: 10_000 } });
    for (let second = 1; second <= 7; second += 1) at(second);
    expect(sent).to.have.length(50_000);
    expect(attack.counts.withheld).to.equal(20_000);
  });

  it('counts what the broker took and what it did not', async () => {
    at(1);
    answer = () => Promise.reject(new Error('not the leader'));
    at(2);
    await attack.stop();
    const { offered, acknowledged, failed } = attack.counts;
    expect(offered).to.deep.equal({ valid: 180, malformed: 20, oversized: 0 });
    expect([acknowledged, failed]).to.deep.equal([100, 100]);
    expect(attack.lastFailure).to.equal('not the leader');
  });

  it('says of itself what it does', async () => {
    at(11);
    const page = await metrics.registry.metrics();
    expect(sampleOf(page, 'attack_offered_messages_total', { kind: 'valid' })).to.equal(1_080);
    expect(sampleOf(page, 'attack_offered_messages_total', { kind: 'oversized' })).to.equal(0);
    expect(sampleOf(page, 'attack_target_rate')).to.equal(200);
    expect(sampleOf(page, 'attack_step')).to.equal(1);
    await attack.stop();
    expect(sampleOf(await metrics.registry.metrics(), 'attack_target_rate')).to.equal(0);
  });
});
