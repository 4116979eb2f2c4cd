import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bold, dim, print, red, say, yellow } from '../console.js';
import { PlatformFailure } from '../failure.js';
import { serveMetrics } from '../metrics-page.js';
import type { Platform } from '../platform.js';
import { PrometheusReader } from '../prometheus-reader.js';
import { AttackMetrics } from './attack-metrics.js';
import { ceilingSentence, writeAttackReport } from './attack-report.js';
import { openTopic } from './attack-topic.js';
import { verdictOn, type AttackEnd, type AttackResult } from './attack-verdict.js';
import { AttackView } from './attack-view.js';
import { AttackWatch } from './attack-watch.js';
import { Attack } from './attack.js';
import { modelRows } from './model-rows.js';
import { ATTACK_ALERT } from './moment.js';

const LOOK_MS = 200;

/** Attacks until the alert fires, a ceiling is reached or somebody presses Ctrl-C, and writes what was seen. */
export async function runAttack({ settings, processes }: Platform): Promise<void> {
  const { attack: chosen, ports, urls } = settings;
  const prometheus = new PrometheusReader(urls.prometheus);
  const before = await prometheus.alert(ATTACK_ALERT).catch(() => undefined);
  if (before === 'firing') {
    throw new PlatformFailure(
      `${ATTACK_ALERT} fires already.`,
      'Wait until it is resolved: an attack ends when it fires.',
    );
  }
  if (before === undefined) {
    say(
      yellow(
        `Prometheus at ${urls.prometheus} does not answer: the attack ends at its ceiling, not with the alert.`,
      ),
    );
  }
  const rows = await modelRows(urls.serving);
  const brokers = chosen.brokers.length > 0 ? chosen.brokers : [`127.0.0.1:${ports.kafka}`];
  const topic = await openTopic(brokers, chosen.topic, chosen.allowedHosts);
  const metrics = new AttackMetrics();
  const page = await serveMetrics(metrics.registry, ports.attack);
  processes.scrapeTargets.add('attack', { job: 'attack', port: ports.attack });
  const startedAt = new Date().toISOString();
  const attack = new Attack({ ...chosen, rows, run: startedAt }, topic.send, metrics);
  const view = new AttackView();
  const watch = new AttackWatch(attack, prometheus, (moments) => {
    view.show(moments);
  });
  const interrupted = new AbortController();
  const interrupt = (): void => {
    interrupted.abort();
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  say(bold(`attack on ${chosen.topic} at ${brokers.join(', ')}; Ctrl-C ends it`));
  let end: AttackEnd;
  try {
    attack.start();
    watch.start();
    end = await untilOver(attack, watch, interrupted.signal);
  } finally {
    const stopping = attack.stop();
    await watch.stop();
    view.end();
    await stopping;
    await topic.close();
    processes.scrapeTargets.remove('attack');
    await page.close();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
  const { counts, second: seconds, lastFailure } = attack;
  const result: AttackResult = { startedAt, end, seconds, counts, moments: watch.moments };
  const folder = path.join(settings.projectDir, '.reports', 'attack', startedAt.replaceAll(':', '-'));
  const file = await writeAttackReport(folder, result, chosen);
  const verdict = verdictOn(result);
  say(`it is over: ${bold(end)}`);
  print(`  ${verdict.offered} messages offered; ${ceilingSentence(verdict)}`);
  if (lastFailure !== undefined)
    print(`  ${red(`the broker did not take ${counts.failed}: ${lastFailure}`)}`);
  print(dim(`  report: ${file}`));
  if (verdict.ceilingHeld === false) throw new PlatformFailure(ceilingSentence(verdict));
}

async function untilOver(attack: Attack, watch: AttackWatch, interrupted: AbortSignal): Promise<AttackEnd> {
  for (;;) {
    if (interrupted.aborted) return 'interrupted';
    if (watch.moments.at(-1)?.reading?.alert === 'firing') return 'the alert fires';
    if (attack.isOver) return 'a ceiling is reached';
    await sleep(LOOK_MS, undefined, { signal: interrupted }).catch(() => undefined);
  }
}
