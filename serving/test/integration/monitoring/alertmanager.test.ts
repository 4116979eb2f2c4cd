import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { z } from 'zod';
import { silence, silences } from '../../../local/monitoring/silence.js';
import type { Settings } from '../../../local/settings.js';
import { plain } from '../../../local/monitoring/notification-sink/notification-line.js';
import {
  ALERTMANAGER_SOURCE,
  AlertmanagerUnderTest,
  TOKEN,
  type PostedAlert,
} from '../../support/alertmanager-under-test.js';
import { eventually } from '../../support/eventually.js';
import { monitoringTool } from '../../support/monitoring-tools.js';

const CRITICAL = new Set(
  'ServingAtMaxReplicasAndHot ServingDown ServingErrorBudgetBurnFast ServingFleetSplit ChampionRolledBack StreamStalled StreamDown KafkaDown AirflowSchedulerDown DiskAlmostFull'.split(
    ' ',
  ),
);
const RUNBOOKS = 'https://git.bank.test/runbooks';

/** Each alert as the shipped rules send it. Another environment is another incident. */
function alert(
  alertname: string,
  environment: string,
  labels: Readonly<Record<string, string>> = {},
  annotations: Readonly<Record<string, string>> = {},
): PostedAlert {
  return {
    labels: {
      alertname,
      environment,
      namespace: 'scoring',
      component: /^(?:Stream|Kafka)/.test(alertname) ? 'stream' : 'serving',
      severity: CRITICAL.has(alertname) ? 'critical' : 'warning',
      ...labels,
    },
    annotations: {
      summary: `summary of ${alertname}`,
      description: `description of ${alertname}`,
      runbook_url: `${RUNBOOKS}/${alertname}.md`,
      dashboard: 'serving',
      ...annotations,
    },
  };
}

/** What explains what, and which labels other than environment and namespace the effect has. */
const INHIBITIONS: readonly (readonly [string, readonly string[], Readonly<Record<string, string>>?])[] = [
  [
    'ServingDown',
    [
      'ServingErrorBudgetBurnFast',
      'ServingErrorBudgetBurnSlow',
      'ServingLatencyHigh',
      'ServingShedding',
      'ServingAtMaxReplicasAndHot',
      'ServingFleetSplit',
      'ServingWorkersRestarting',
      'ServingCanaryNotAvailable',
      'StreamLagHigh',
      'StreamStalled',
    ],
  ],
  ['ServingDown', ['MetricsMissing'], { job: 'serving' }],
  [
    'ServingAtMaxReplicasAndHot',
    ['ServingErrorBudgetBurnSlow', 'ServingLatencyHigh', 'ServingShedding', 'StreamLagHigh'],
  ],
  ['ServingErrorBudgetBurnFast', ['ServingErrorBudgetBurnSlow']],
  ['ChampionRolledBack', ['ServingPredictionFallbacks'], { model: 'credit-scoring', model_version: '7' }],
  ['ChampionRolledBack', ['RolloutFailed']],
  ['KafkaDown', ['StreamDown', 'StreamStalled', 'StreamLagHigh', 'KafkaUnderReplicated']],
  ['StreamDown', ['StreamLagHigh', 'StreamStalled']],
  ['StreamStalled', ['StreamLagHigh']],
  [
    'RegistryDown',
    ['ServingRegistryUnreachable', 'ServingCanaryNotAvailable', 'RetrainingFailed', 'ModelMonitoringLate'],
  ],
  ['AirflowSchedulerDown', ['RetrainingLate', 'ModelMonitoringLate']],
  ['DiskAlmostFull', ['DiskFillsUp'], { instance: 'node-1', mountpoint: '/' }],
];

const matchers = z.array(z.string());
const configuration = z.object({
  inhibit_rules: z.array(
    z.object({ source_matchers: matchers, target_matchers: matchers, equal: z.array(z.string()) }),
  ),
});

/** The names in `alertname="A"` or `alertname=~"A|B"`. */
function namesIn(found: readonly string[]): string[] {
  return found.flatMap((one) => /^alertname=~?"(.+)"$/.exec(one)?.[1]?.split('|') ?? []);
}

const [alertmanager, amtool] = [monitoringTool('alertmanager'), monitoringTool('amtool')];
const skipped =
  alertmanager === undefined || amtool === undefined
    ? ' (skipped: there is no alertmanager or amtool in MONITORING_TOOLS_DIR)'
    : '';

describe(`Alertmanager as it is shipped${skipped}`, function () {
  this.timeout(120_000);
  let manager: AlertmanagerUnderTest;

  before(async function () {
    if (alertmanager === undefined || amtool === undefined) this.skip();
    manager = await AlertmanagerUnderTest.start(alertmanager, amtool);
  });

  // A suite that was skipped has started none.
  after(() => (manager as AlertmanagerUnderTest | undefined)?.stop());

  const mails = (environment: string) =>
    manager.received('email').filter(({ subject }) => subject.includes(` in ${environment}`));
  const telegrams = (environment: string) =>
    manager.received('telegram').filter(({ text }) => plain(text).includes(` in ${environment}`));
  const webhooks = (environment: string) =>
    manager
      .received('webhook')
      .filter(({ payload }) => payload.alerts.some(({ labels }) => labels['environment'] === environment));
  const stateOf = async (alertname: string, environment: string) =>
    (await manager.alerts()).find(
      ({ labels }) => labels['alertname'] === alertname && labels['environment'] === environment,
    )?.status;

  describe('configuration', () => {
    it('is one that amtool accepts, with its template', async () => {
      const said = await manager.amtool('check-config', manager.running.configuration);
      expect(said).to.match(/SUCCESS/);
      expect(said).to.include('1 templates');
    });

    const routes: readonly (readonly [string, readonly string[]])[] = [
      ['on-call', ['alertname=ServingDown', 'severity=critical']],
      ['on-call', ['alertname=ChampionRolledBack', 'severity=critical', 'component=traffic']],
      ['team', ['alertname=ServingShedding', 'severity=warning']],
      ['retraining-requests,team', ['alertname=ModelFeatureDrift', 'severity=warning', 'action=retrain']],
      ['team', ['alertname=ModelMonitoringLate', 'severity=warning']],
      ['nobody', ['alertname=SomethingToKnow', 'severity=info']],
      ['team', ['alertname=NobodyThoughtOfASeverity']],
      ['watchdog', ['alertname=Watchdog', 'severity=none']],
    ];
    for (const [receivers, labels] of routes) {
      it(`tells ${receivers} of ${labels.join(' ')}`, async () => {
        const args = ['config', 'routes', 'test', `--config.file=${manager.running.configuration}`];
        expect(await manager.amtool(...args, ...labels)).to.equal(receivers);
      });
    }

    it('names alerts that exist, and has a case below for each cause and effect', () => {
      const { inhibit_rules: rules } = configuration.parse(
        parse(readFileSync(join(ALERTMANAGER_SOURCE, 'alertmanager.yaml'), 'utf8')),
      );
      const inRules = rules.flatMap(({ source_matchers: sources, target_matchers: targets }) =>
        namesIn(sources).flatMap((source) => namesIn(targets).map((target) => `${source} > ${target}`)),
      );
      const inTable = INHIBITIONS.flatMap(([cause, effects]) =>
        effects.map((effect) => `${cause} > ${effect}`),
      );
      expect([...new Set(inRules)].sort()).to.deep.equal(inTable.sort());

      const folder = join(ALERTMANAGER_SOURCE, '..', 'alerts');
      const alerts = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
      const known = new Set(alerts.join('\n').match(/(?<=- alert: )\w+/g));
      const named = inTable.flatMap((pair) => pair.split(' > '));
      expect(named.filter((name) => !known.has(name))).to.deep.equal([]);
    });
  });

  it('tells of a critical alert by mail, Telegram and webhook: what, since when, how bad, where, and what to do', async () => {
    // Without milliseconds, which Alertmanager writes otherwise.
    const startsAt = `${new Date(Date.now() - 90_000).toISOString().slice(0, 19)}Z`;
    const summary = 'scoring: 6 replicas, as many as may be, and the busiest uses 93% <of> its "limit"';
    await manager.post([{ ...alert('ServingAtMaxReplicasAndHot', 'e-critical', {}, { summary }), startsAt }]);
    const [mail, telegram, webhook] = await eventually(() => {
      const all = [mails('e-critical')[0], telegrams('e-critical')[0], webhooks('e-critical')[0]] as const;
      expect(all).to.not.include(undefined);
      return [all[0]!, all[1]!, all[2]!] as const;
    });

    expect(mail.to).to.deep.equal(['on-call@bank.test']);
    expect(mail.subject).to.equal(`[critical] ServingAtMaxReplicasAndHot in e-critical/scoring: ${summary}`);
    const since = `since ${startsAt.slice(0, 19).replace('T', ' ')} UTC, 1m `;
    const links = [
      `${RUNBOOKS}/ServingAtMaxReplicasAndHot.md`,
      'https://grafana.bank.test/d/serving',
      'https://alertmanager.bank.test/#/silences/new?filter=%7Balertname%3D%22ServingAtMaxReplicasAndHot%22',
    ];
    for (const part of [summary, since, 'critical', 'e-critical/scoring', 'description of', ...links]) {
      expect(mail.text).to.include(part);
    }
    expect(plain(mail.html)).to.include(summary).and.to.include(since);
    for (const link of links) expect(mail.html).to.include(`href="${link}`);

    expect(telegram.chat_id).to.equal('-100123');
    expect(plain(telegram.text)).to.include('critical: ServingAtMaxReplicasAndHot in e-critical/scoring');
    expect(plain(telegram.text)).to.include(summary).and.to.include(since);
    for (const link of links) expect(telegram.text).to.include(`href="${link}`);

    expect(webhook.payload.alerts[0]).to.deep.include({ status: 'firing', startsAt });
    expect(webhook.payload.commonLabels).to.include({ severity: 'critical', environment: 'e-critical' });
    expect(webhook.payload.commonAnnotations).to.include({ summary, runbook_url: links[0] });
  });

  it('says of an alert that is over how long it lasted', async () => {
    const begin = Date.now() - 600_000;
    const over = alert('ServingFleetSplit', 'e-over');
    await manager.post([{ ...over, startsAt: new Date(begin).toISOString() }]);
    await eventually(() => {
      expect(mails('e-over')).to.have.length(1);
    });
    const endsAt = new Date(Date.now()).toISOString();
    await manager.post([{ ...over, startsAt: new Date(begin).toISOString(), endsAt }]);
    await eventually(() => {
      expect(mails('e-over').map(({ subject }) => subject)[1]).to.match(
        /^\[resolved\] ServingFleetSplit in e-over\/scoring, lasted 1\dm \d+s$/,
      );
      expect(plain(telegrams('e-over')[1]?.text ?? '')).to.match(
        /resolved: .*\n.*\nover since .* lasted 1\dm/,
      );
      expect(webhooks('e-over')[1]?.payload.status).to.equal('resolved');
    });
  });

  it('tells of a warning by mail alone, and asks for a retraining where the alert wants one', async () => {
    await manager.post([
      alert('ServingReloadFailed', 'e-warning'),
      alert('ModelFeatureDrift', 'e-retrain', { action: 'retrain', component: 'model', model: 'm' }),
      alert('SomethingToKnow', 'e-info', { severity: 'info' }),
      alert('NobodyThoughtOfASeverity', 'e-none', { severity: '' }),
    ]);
    await eventually(() => {
      for (const environment of ['e-warning', 'e-retrain', 'e-none']) {
        expect(
          mails(environment).map(({ to }) => to),
          environment,
        ).to.deep.equal([['team@bank.test']]);
      }
      expect(webhooks('e-retrain').map(({ payload }) => payload.receiver)).to.deep.equal([
        'retraining-requests',
      ]);
    });
    for (const environment of ['e-warning', 'e-retrain', 'e-none', 'e-info']) {
      expect(telegrams(environment)).to.deep.equal([]);
    }
    expect([
      ...webhooks('e-warning'),
      ...webhooks('e-none'),
      ...webhooks('e-info'),
      ...mails('e-info'),
    ]).to.deep.equal([]);
  });

  it('makes one message of many alerts with one cause, which every way can carry', async () => {
    const many = Array.from({ length: 20 }, (_, index) =>
      alert(
        'ServingFleetSplit',
        'e-many',
        { model: `model-${index}` },
        { summary: '"<&'.repeat(200), runbook_url: `${RUNBOOKS}/${'long/'.repeat(20)}ServingFleetSplit.md` },
      ),
    );
    await manager.post(many);
    await eventually(() => {
      expect(
        [mails('e-many'), telegrams('e-many'), webhooks('e-many')].map(({ length }) => length),
      ).to.deep.equal([1, 1, 1]);
    });
    expect(mails('e-many')[0]!.subject).to.match(/\(1 of 20\)$/);
    expect(mails('e-many')[0]!.text.match(/FIRING/g)).to.have.length(10);
    expect(mails('e-many')[0]!.text).to.include('and 10 more that fire');
    expect(telegrams('e-many')[0]!.text).to.include('and 17 more that fire');
    expect(webhooks('e-many')[0]!.payload.alerts).to.have.length(20);
  });

  it('keeps an effect silent while its cause fires, and tells of it without', async () => {
    const cases = INHIBITIONS.flatMap(([cause, effects, labels], row) =>
      effects.map((effect) => ({ cause, effect, labels, environment: `e-inhibit-${row}-${effect}` })),
    );
    await manager.post(
      cases.flatMap(({ cause, effect, labels, environment }) => [
        alert(cause, environment, labels),
        alert(effect, environment, labels),
        alert(effect, `${environment}-alone`, labels),
      ]),
    );
    const told = () =>
      manager.received('email').flatMap(({ text }) => text.match(/(?<=FIRING )\[.*|(?<=Where: +).*/g) ?? []);
    await eventually(async () => {
      const all = await manager.alerts();
      const states = new Map(
        all.map(({ labels, status }) => [`${labels['alertname']!} ${labels['environment']!}`, status]),
      );
      for (const { cause, effect, environment } of cases) {
        expect(states.get(`${effect} ${environment}`)?.state, `${cause} > ${effect}`).to.equal('suppressed');
        expect(states.get(`${effect} ${environment}-alone`)?.state, effect).to.equal('active');
        expect(mails(`${environment}/`), cause).to.have.length(1);
        expect(mails(`${environment}-alone/`), `${effect} alone`).to.have.length(1);
      }
    });
    expect(told()).to.not.be.empty;
    for (const { cause, effect, environment } of cases) {
      expect(mails(`${environment}/`)[0]!.text, `${cause} > ${effect}`)
        .to.include(cause)
        .and.not.include(` ${effect}\n`);
    }
  });

  it('does not take a cause in one namespace for that of an effect in another', async () => {
    await manager.post([
      alert('ServingDown', 'e-other', { namespace: 'one' }),
      alert('ServingShedding', 'e-other', { namespace: 'two' }),
    ]);
    await eventually(() => {
      expect(mails('e-other/two')).to.have.length(1);
    });
  });

  it('is silent as long as somebody wants it', async () => {
    const at = `--alertmanager.url=${manager.running.url}`;
    const id = await manager.amtool(
      'silence',
      'add',
      at,
      '--author=test',
      '--comment=we know',
      '--duration=1h',
      'alertname=KafkaDown',
      'environment=e-silent',
    );
    await manager.post([alert('KafkaDown', 'e-silent')]);
    await eventually(async () => {
      expect((await stateOf('KafkaDown', 'e-silent'))?.silencedBy).to.deep.equal([id]);
    });
    expect(mails('e-silent')).to.deep.equal([]);
    await manager.amtool('silence', 'expire', at, id);
    await eventually(() => {
      expect(mails('e-silent')).to.have.length(1);
    });
  });

  it('takes a silence of `make silence`, lists it, and ends it', async () => {
    const settings = {
      urls: { alertmanager: manager.running.url },
      silence: { alert: 'StreamDown', duration: '5m', comment: 'it is being moved', end: undefined },
    } as unknown as Settings;
    await silence({ settings });
    await manager.post([alert('StreamDown', 'e-make-silence')]);
    const [id] = await eventually(async () => {
      const ids = (await stateOf('StreamDown', 'e-make-silence'))?.silencedBy;
      expect(ids).to.have.length(1);
      return ids!;
    });
    await silences({ settings: { ...settings, silence: { ...settings.silence, end: id } } });
    await eventually(() => {
      expect(mails('e-make-silence')).to.have.length(1);
    });
  });

  it('shows the watchdog again and again to whom it is for, and to nobody else', async () => {
    await manager.post([alert('Watchdog', 'e-watchdog', { severity: 'none' })]);
    const last = () => Date.parse(manager.received('watchdog')[0]!.received_at);
    const first = await eventually(last);
    await eventually(() => {
      expect(last()).to.be.greaterThan(first);
    });
    expect([...mails('e-watchdog'), ...telegrams('e-watchdog'), ...webhooks('e-watchdog')]).to.deep.equal([]);
  });

  it('counts what a receiver refuses, and brings it when the credentials are right', async () => {
    const failed = 'alertmanager_notifications_failed_total';
    const tried = 'alertmanager_notification_requests_failed_total';
    const files = ['telegram-bot-token', 'webhook-token'].map((name) => join(manager.running.secrets, name));
    const before = await manager.counted(failed, 'webhook');
    for (const file of files) writeFileSync(file, 'a token that is not right');
    try {
      await manager.post([alert('ServingDown', 'e-refused')]);
      await eventually(async () => {
        expect(mails('e-refused')).to.have.length(1);
        expect(await manager.counted(failed, 'webhook')).to.be.greaterThan(before);
        expect(await manager.counted(tried, 'telegram')).to.be.greaterThan(0);
      });
    } finally {
      for (const file of files) writeFileSync(file, TOKEN);
    }
    await eventually(() => {
      expect(telegrams('e-refused')).to.have.length(1);
      expect(webhooks('e-refused')).to.have.length(1);
    });
  });

  it('brings what happened while nobody could be reached', async () => {
    const tried = 'alertmanager_notification_requests_failed_total';
    const before = await manager.counted(tried, 'email');
    const reachable = await manager.withoutReceivers();
    try {
      await manager.post([alert('KafkaDown', 'e-away')]);
      await eventually(async () => {
        expect(await manager.counted(tried, 'email')).to.be.greaterThan(before);
      });
    } finally {
      await reachable();
    }
    await eventually(() => {
      expect(
        [mails('e-away'), telegrams('e-away'), webhooks('e-away')].map(({ length }) => length),
      ).to.deep.equal([1, 1, 1]);
    });
  });
});
