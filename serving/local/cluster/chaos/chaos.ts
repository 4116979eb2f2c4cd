import path from 'node:path';
import axios from 'axios';
import { describeMachine, thisMachine } from '../../../bench/report/machine.js';
import { bold, dim, green, print, red, say } from '../../console.js';
import { messageOf, PlatformFailure } from '../../failure.js';
import type { Platform } from '../../platform.js';
import { ClusterConnections } from '../cluster-connections.js';
import { gatewayAddress, type GatewayAddress } from '../gateway-address.js';
import { Helm } from '../helm.js';
import { Kubernetes } from '../kubernetes.js';
import type { LoadPlan } from '../load-report.js';
import { installationOf } from '../platform-installation.js';
import { contextOf } from '../playground.js';
import { servedRow } from '../served-row.js';
import { readResults, reportIn, reportInDocs, writeReport, writeResults } from './chaos-report.js';
import { ClusterTier } from './cluster-tier.js';
import { playScenario } from './play-scenario.js';
import { hasPassed, type Played, type Scenario } from './scenario.js';
import { chosenScenarios, SCENARIOS } from './scenarios.js';

const RATE = 50;
const CONNECTIONS = 20;
/** Longer than the gateway tries: it is the one that gives up, and says why. */
const TIMEOUT_MS = 20_000;

/** What `make cluster-up` installed is put through what goes wrong in clusters, under load, and left as it was. */
export async function clusterChaos({ settings }: Platform): Promise<void> {
  const { cluster, chaos, projectDir, modelName } = settings;
  const scenarios = chosenScenarios(chaos.scenarios);
  const context = await contextOf(cluster);
  const kubernetes = new Kubernetes(cluster.namespace);
  const connections = new ClusterConnections(kubernetes);
  const gateway = await gatewayAddress(kubernetes, 'serving');
  try {
    const plan = await planFor(gateway, kubernetes);
    const helm = new Helm(cluster.namespace);
    const installation = installationOf(settings);
    await helm.buildDependencies(installation.chart);
    const tier = new ClusterTier({
      kubernetes,
      helm,
      connections,
      installation,
      valuesPrefix: 'serving.',
      plan,
      model: modelName,
      pipeline: { target: 'statefulset/airflow', container: 'scheduler' },
    });
    const conditions = conditionsOf(context);
    const folder = path.join(projectDir, '.reports', 'cluster-chaos');
    const played = await play(scenarios, tier, async (one) => {
      writeResults(folder, one);
      const all = readResults(
        folder,
        SCENARIOS.map(({ name }) => name),
      );
      await writeReport(reportIn(folder), conditions, all);
      if (chaos.commitReport)
        await writeReport(reportInDocs(path.join(projectDir, 'serving')), conditions, all);
    });
    print();
    for (const one of played) printPlayed(one);
    const failed = played.filter((one) => !hasPassed(one)).length;
    print(dim('  .reports/cluster-chaos/report.md'));
    if (failed > 0) throw new PlatformFailure(`${failed} of ${played.length} scenarios did not hold.`);
  } finally {
    gateway.close();
    await connections.close();
  }
}

/** What the figures of a report hold for. */
export function conditionsOf(context: string): readonly string[] {
  return [
    `Written by \`make cluster-chaos\`: context ${context}, ${describeMachine(thisMachine())}. The cluster, its clients and whatever else ran share that machine: latencies are an upper bound.`,
    `Each scenario under ${RATE} requests/s over ${CONNECTIONS} connections that are kept, through the Gateway, from a process of its own. Nothing is tried again by the client. Latencies count from when a request was due, and of those that were answered.`,
  ];
}

/** @param report told of each scenario when it is over: a run that is broken off has its figures */
export async function play(
  scenarios: readonly Scenario[],
  tier: ClusterTier,
  report: (played: Played) => Promise<void>,
): Promise<readonly Played[]> {
  const interruption = new AbortController();
  // Whatever is under way fails by the same signal, and what it has changed is put back.
  const interrupt = (): void => {
    interruption.abort();
    say('interrupted: everything is put back first');
  };
  process.on('SIGINT', interrupt);
  const played: Played[] = [];
  try {
    for (const scenario of scenarios) {
      if (interruption.signal.aborted) throw new PlatformFailure('Interrupted.');
      say(bold(scenario.name));
      const one = await playScenario(scenario, tier);
      played.push(one);
      await report(one);
    }
    return played;
  } finally {
    await tier.reset();
    process.off('SIGINT', interrupt);
  }
}

/** A prediction that the served model takes. */
async function planFor({ url, host }: GatewayAddress, kubernetes: Kubernetes): Promise<LoadPlan> {
  const named = host === undefined ? {} : { host };
  try {
    const { headers } = await axios.get(`${url}/health/ready`, {
      headers: named,
      timeout: 5_000,
      proxy: false,
    });
    const row = await servedRow(kubernetes, String(headers['x-model-digest']));
    return {
      url: `${url}/predict`,
      headers: named,
      bodies: [JSON.stringify({ instances: [row] })],
      connections: CONNECTIONS,
      ratePerSecond: RATE,
      timeoutMs: TIMEOUT_MS,
    };
  } catch (error) {
    throw new PlatformFailure(`The tier is not ready at ${url}: ${messageOf(error)}.`, 'make cluster-up', {
      cause: error,
    });
  }
}

function printPlayed(one: Played): void {
  const { name, load, checks } = one;
  const sign = hasPassed(one) ? green('✔') : red('✘');
  print(`  ${sign} ${name}: ${load.failed} of ${load.requests} failed, p99 ${load.p99Ms.toFixed(0)} ms`);
  for (const { what, passed, found } of checks) if (!passed) print(`      ${red('✘')} ${what}: ${found}`);
}
