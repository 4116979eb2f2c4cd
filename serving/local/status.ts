import { readReplica } from '../src/promotion/fleet.js';
import { describeChampion, readChampion } from './champion.js';
import { bold, dim, green, print, red, yellow } from './console.js';
import { describeTraffic, trafficTrouble } from './describe-traffic.js';
import { messageOf, PlatformFailure } from './failure.js';
import type { Platform } from './platform.js';
import { describeImportError } from './retraining.js';
import { describeStanding, LOOKING_TASKS, standingSchema, STANDING_KEY } from './rollout/standing.js';
import type { Settings } from './settings.js';
import type { Service } from './service.js';

/** What runs, whether it works, and which version answers. Fails when a service does not work. */
export async function status(platform: Platform): Promise<void> {
  const { settings } = platform;
  let broken = 0;
  const services = [...Object.values(platform.services()), ...streaming(platform), ...watchers(platform)];
  const width = Math.max(...services.map(({ name }) => name.length), 8);
  for (const service of services) {
    const line = await describe(platform, service);
    if (!line.works) broken += 1;
    print(`${bold(service.name.padEnd(width))} ${line.text}`);
  }
  print(`${bold('champion')} ${await orReason(() => describeAlias(settings))}`);
  print(`${bold('served')}   ${await orReason(() => describeServed(settings.urls.management))}`);
  print(`${bold('traffic')}  ${await orReason(() => describeSplit(settings.urls.management))}`);
  print(`${bold('dags')}     ${platform.dags.tip() ?? 'never pushed'}`);
  for (const line of await rolloutsOf(platform)) print(`${bold('rollout')}  ${line}`);
  for (const line of await importErrorsOf(platform)) print(`${bold('broken')}   ${line}`);
  if (broken > 0)
    throw new PlatformFailure(
      `${broken} of ${services.length} services do not work.`,
      services.length > 3
        ? '`make up` and `make monitoring-up` start what is missing.'
        : '`make up` starts what is missing.',
    );
}

/** Kafka and the stream, unless neither was started. */
function streaming(platform: Platform): readonly Service[] {
  const services = Object.values(platform.streaming());
  return services.some(({ name }) => platform.processes.running(name)) ? services : [];
}

/** What watches the platform is missed only where some of it runs: nobody has to start it. */
function watchers(platform: Platform): readonly Service[] {
  const services = platform.monitoring();
  return services.some(({ name }) => platform.processes.running(name)) ? services : [];
}

async function describe(
  { processes }: Platform,
  service: Service,
): Promise<{ works: boolean; text: string }> {
  const entry = processes.running(service.name);
  if (!entry) return { works: false, text: red('stopped') };
  const where = dim(`pid ${entry.pid}, since ${entry.startedAt}`);
  const missing = await service.missing(entry).catch(messageOf);
  return missing === undefined
    ? { works: true, text: `${green('works')}   ${service.url}  ${where}` }
    : { works: false, text: `${yellow(`waits for ${missing}`)}  ${where}` };
}

/** DAG files that Airflow can't import; nothing where it does not run, which has been said. */
async function importErrorsOf(platform: Platform): Promise<string[]> {
  if (!platform.processes.running('airflow')) return [];
  try {
    const errors = await platform.airflowApi.importErrors();
    return errors.map((error) => red(`${describeImportError(error)}; its DAGs are not scheduled`));
  } catch (error) {
    return [dim(messageOf(error))];
  }
}

/** Versions that Airflow watches on live traffic right now; nothing where none is, or where it does not run. */
async function rolloutsOf({ processes, airflowApi: api }: Platform): Promise<string[]> {
  if (!processes.running('airflow')) return [];
  try {
    const lines = await Promise.all(
      Object.entries(LOOKING_TASKS).map(async ([dagId, task]) => {
        const run = await api.activeRun(dagId);
        if (run === undefined) return [];
        const value = await api.xcom(dagId, run.dag_run_id, { task_id: task, map_index: -1 }, STANDING_KEY);
        const standing = standingSchema.safeParse(value);
        return [standing.success ? describeStanding(standing.data) : `${dagId} begins`];
      }),
    );
    return lines.flat();
  } catch (error) {
    return [dim(messageOf(error))];
  }
}

async function describeServed(managementUrl: string): Promise<string> {
  const { status: replica, error } = await readReplica(managementUrl);
  if (replica === undefined) return dim(error ?? 'no answer');
  const { available, ready, serving_from: from, last_failure: failure } = replica;
  const served = available === null ? 'nothing' : `version ${available.version} since ${available.since}`;
  const trouble = failure === null ? '' : `  ${yellow(`last failure: ${failure.code}: ${failure.message}`)}`;
  return `${served} (${ready ? 'ready' : 'not ready'}, from ${from})${trouble}`;
}

async function describeSplit(managementUrl: string): Promise<string> {
  const { status: replica, error } = await readReplica(managementUrl);
  if (replica === undefined) return dim(error ?? 'no answer');
  if (replica.traffic === undefined) return dim('this release has no traffic policy');
  return [describeTraffic(replica.traffic), ...trafficTrouble(replica.traffic).map(yellow)].join('  ');
}

async function describeAlias(settings: Settings): Promise<string> {
  const champion = await readChampion(settings);
  return champion === undefined ? 'none' : describeChampion(champion);
}

async function orReason(question: () => Promise<string>): Promise<string> {
  return question().catch((error: unknown) => dim(messageOf(error)));
}
